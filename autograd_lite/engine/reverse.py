"""The reverse pass: the chain rule from an output back to everything it was computed from.

It is iterative, visits each node once, after all its uses (reverse topological order, found by
counting uses), and keeps the gradients of this pass apart from those of earlier passes; `.grad`
is added to at the very end, all at once, so that neither an error nor an interrupt on the way
leaves anything half done.

There are two loops. Graphs of Values alone, which hold their local derivatives as floats, have
one that multiplies and adds and keeps its counts in the nodes, under a lock. Everything else goes
through `general_pass.propagate`, which asks each node for the contributions to its operands; given
`record=True` it computes with variables, so that the gradient is a graph again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine import clock, hooks, modes
from autograd_lite.engine.apply import refuse_other_arithmetic
from autograd_lite.engine.batch import Batched
from autograd_lite.engine.general_pass import as_owned, count_uses, propagate
from autograd_lite.engine.graph import Walk, bounds_of, leading_to, uses_among
from autograd_lite.engine.in_place import shown
from autograd_lite.engine.locks import lock_across_forks
from autograd_lite.engine.observing import observers
from autograd_lite.engine.recording import Results
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.engine.value_pass import propagate_values, propagate_values_to
from autograd_lite.engine.variable import Variable, is_variable

ndarray = np.ndarray
# around the counts in Values, and around adding to .grad: a child finds no pass half done
_lock = lock_across_forks()


def backward(output: Any, gradient: Any = None, create_graph: bool = False) -> None:
    """Add ∂output/∂v to `v.grad` for each Value, and each leaf or keeping Tensor, on the way;
    with `create_graph` as variables."""
    output = output.node
    start = _start("backward", output, gradient, create_graph)
    if Batched in (start.__class__, output._plain.__class__):
        raise TypeError("backward: of a whole batch there is no .grad; use grad or gradients(...)")
    if create_graph:
        _backward_recorded(output, start)
        return
    with _lock:
        if output.__class__ is Value and not _is_watched():
            nodes = propagate_values(output, start)
            if nodes is not None:
                _add_flows(nodes)
                return
    found = as_owned(*propagate(output, start, None, count_uses(output), False))
    with _lock:
        _set_grads(found, [g if v._grad is None else v._grad + g for v, g in found.items()])


def _backward_recorded(output: Any, start: Any) -> None:
    """The same with variables, so that each `.grad` can be differentiated again."""
    clock.tick()
    with modes.in_any_case():
        found, _ = propagate(output, start, None, count_uses(output), True)
        as_variables = {v: g if is_variable(g) else v.__class__(g) for v, g in found.items()}
        total = [g if v._grad is None else v._grad + g for v, g in as_variables.items()]
    with _lock:
        _set_grads(as_variables, total)


def _add_flows(nodes: list[Value]) -> None:
    """Add what has flowed to each Value to its `.grad`, to all or, if nothing is begun, to none.

    Python handles a signal between two rounds of a loop, not in one: Ctrl-C finds the iterator at
    what is left. (`_set_grads` of all would take twice as long.)"""
    left = iter(nodes)
    try:
        for v in left:
            old = v._grad
            v._grad = v._flow if old is None else old + v._flow
    except BaseException:
        rest = list(left)
        _set_grads(rest, [v._flow if v._grad is None else v._grad + v._flow for v in rest])
        raise


def _set_grads(nodes: Iterable[Any], grads: Iterable[Any]) -> None:
    """Set every `.grad` in one go: Python handles no signal, so no Ctrl-C, in between."""
    deque(map(_set_grad, nodes, grads), maxlen=0)


_set_grad = vars(Variable)["_grad"].__set__


def gradients(
    output: Any, inputs: Sequence[Any], gradient: Any = None, record: bool = False
) -> list[Any]:
    """∂output/∂v for each variable v of `inputs`, as plain numbers and arrays; no `.grad` changes.

    Only what leads from the output to the inputs is visited.

    Args:
        output: a scalar variable, or any if `gradient` is given, of exactly its shape.
        inputs: Values and Tensors; one that the output does not depend on gets 0.
        record: give variables instead, which can be differentiated again.

    >>> x = Value(3.0)
    >>> gradients(x**2, [x])
    [6.0]
    """
    return gradients_and_whether_recorded(output, inputs, gradient, record)[0]


def gradients_and_whether_recorded(
    output: Any,
    inputs: Sequence[Any],
    gradient: Any = None,
    record: bool | None = False,
    apart: bool = False,
    walk: Walk | None = None,
) -> tuple[list[Any], bool]:
    """The same, and whether they are variables: for record=None, if the output depends on a
    variable that is older than all inputs, one from outside of what is differentiated. `apart`:
    each input is taken as independent of the others, even if it was computed from one. `walk`: the
    way from the output to these inputs, where it is known already."""
    start = _start("gradients", output, gradient, bool(record))
    output = output.node
    for v in inputs:
        if not is_variable(v):
            raise TypeError(f"gradients: an input is a plain {type(v).__name__}, no variable")
    inputs = [v.node for v in inputs]
    wanted = frozenset(inputs) if walk is None else walk.wanted
    oldest, ends = bounds = bounds_of(wanted) if walk is None else walk.bounds
    if apart:
        oldest, ends = bounds = oldest, wanted
    clock.tick()
    if not record and output.__class__ is Value and not _is_watched():
        with _lock:
            nodes, older = propagate_values_to(output, start, oldest, ends)
            if nodes is not None and not (older and record is None):
                reached = wanted.intersection(nodes)
                return [v._flow if v in reached else _zero(v) for v in inputs], False
    order, older = leading_to(output, wanted, bounds) if walk is None else (walk.order, walk.older)
    record = older if record is None else record
    uses = uses_among(order, ends) if walk is None or apart else walk.uses()
    if not record:
        found = as_owned(*propagate(output, start, wanted, uses, False, ends))
        if all(getattr(v._plain, "is_number", False) for v in order):
            # of numbers, as Values add them up: from 0.0 on, which is never −0.0
            found = {v: 0.0 + g for v, g in found.items()}
        return _each_its_own([found[v] if v in found else _zero(v) for v in inputs]), False
    with modes.in_any_case():
        found, _ = propagate(output, start, wanted, uses, True, ends)
    result = [found[v] if v in found else _zero(v) for v in inputs]
    # one that depends on nothing came out plain
    pairs = zip(result, inputs, strict=True)
    return [
        g if is_variable(g) else Tensor(g) if isinstance(g, StandIn) else v.__class__(g)
        for g, v in pairs
    ], True


def _is_watched() -> bool:
    """Whether somebody looks at the gradients on their way, by hooks or as an observer."""
    return hooks.count > 0 or (modes.paused > 0 and bool(observers()))


def _each_its_own(arrays: list[Any]) -> list[Any]:
    """The same, but no array twice."""
    seen: set[int] = set()
    for i, array in enumerate(arrays):
        if array.__class__ is ndarray and id(array) in seen:
            arrays[i] = array.copy()
        seen.add(id(array))
    return arrays


def _zero(v: Any) -> Any:
    return 0.0 if v.__class__ is Value else np.zeros(v.shape, v.dtype)


def _start(name: str, output: Any, gradient: Any, record: bool = False) -> Any:
    """The gradient that the pass starts from, checked against the output."""
    if not is_variable(output):
        raise TypeError(f"{name}: the output is a plain {type(output).__name__}, no variable")
    if output.__class__ is Results:
        return gradient
    if record and is_variable(gradient):
        return shown(gradient)
    if output.__class__ is Value:
        return 1.0 if gradient is None else float(gradient)
    if gradient is None:
        data = output._plain
        if data.dtype.kind == "c":
            raise ValueError(
                f"{name}: the output is complex; differentiate its real, its imaginary part or its "
                "absolute value, or give a gradient of its shape"
            )
        if data.ndim:
            raise ValueError(
                f"{name}: the output has shape {output.shape} and is no scalar; reduce it with "
                f"sum() or mean(), or give a gradient of that shape"
            )
        return data.one() if isinstance(data, StandIn) else data.dtype.type(1)
    if is_variable(gradient):
        raise TypeError(f"{name}: the gradient is a variable; give its plain array, .detach()")
    refuse_other_arithmetic(f"{name}: the gradient", gradient)
    start = gradient if isinstance(gradient, StandIn) else np.asarray(gradient)
    kinds = "fiuc" if output.dtype.kind == "c" else "fiu"
    if start.shape != output.shape or start.dtype.kind not in kinds:
        raise ValueError(
            f"{name}: the gradient has shape {start.shape} and dtype {start.dtype}, but "
            f"{'' if 'c' in kinds else 'real '}numbers of the output's shape {output.shape} are "
            "needed"
        )
    if isinstance(start, StandIn):
        return start.astype(output.dtype, copy=False)
    return np.array(start, dtype=output.dtype)[()]


for _kind in (Value, Tensor):
    _kind._backward = backward
