"""The reverse pass: the chain rule from an output back to everything it was computed from.

It is iterative, visits each node once, after all its uses (reverse topological order, found by
counting uses), and keeps the gradients of this pass apart from those of earlier passes; `.grad`
is added to at the very end, all at once, so that neither an error nor an interrupt on the way
leaves anything half done.

There are two loops. Graphs of Values alone, which hold their local derivatives as floats, have
one that multiplies and adds and keeps its counts in the nodes, under a lock. Everything else goes
through `_propagate`, which asks each node for the contributions to its operands; given
`record=True` it computes with variables, so that the gradient is a graph again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.engine import clock, hooks, modes
from autograd_lite.engine.apply import refuse_other_arithmetic
from autograd_lite.engine.batch import Batched
from autograd_lite.engine.batching import closed, one_by_one
from autograd_lite.engine.chain import detached, times
from autograd_lite.engine.graph import bounds_of, leading_to
from autograd_lite.engine.in_place import Pieces, add_in_place
from autograd_lite.engine.locks import lock_across_forks
from autograd_lite.engine.observing import observed_call, observed_pullback, observers
from autograd_lite.engine.primitive import PRIMITIVES, EachOperand
from autograd_lite.engine.recording import Results, as_tensor, as_value
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.engine.value_pass import propagate_values, propagate_values_to
from autograd_lite.engine.variable import NO_PARAMS, Variable, is_variable
from autograd_lite.engine.written import Gone, Written

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
    found = _owned(*_propagate(output, start, None, _count_uses(output), False))
    with _lock:
        _set_grads(found, [g if v._grad is None else v._grad + g for v, g in found.items()])


def _backward_recorded(output: Any, start: Any) -> None:
    """The same with variables, so that each `.grad` can be differentiated again."""
    clock.tick()
    with modes.recording():
        found, _ = _propagate(output, start, None, _count_uses(output), True)
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
) -> tuple[list[Any], bool]:
    """The same, and whether they are variables: for record=None, if the output depends on a
    variable that is older than all inputs, one from outside of what is differentiated. `apart`:
    each input is taken as independent of the others, even if it was computed from one."""
    start = _start("gradients", output, gradient, bool(record))
    output = output.node
    for v in inputs:
        if not is_variable(v):
            raise TypeError(f"gradients: an input is a plain {type(v).__name__}, no variable")
    inputs = [v.node for v in inputs]
    wanted = frozenset(inputs)
    oldest, ends = bounds = bounds_of(wanted)
    if apart:
        oldest, ends = bounds = oldest, wanted
    clock.tick()
    if not record and output.__class__ is Value and not _is_watched():
        with _lock:
            nodes, older = propagate_values_to(output, start, oldest, ends)
            if nodes is not None and not (older and record is None):
                reached = wanted.intersection(nodes)
                return [v._flow if v in reached else _zero(v) for v in inputs], False
    order, older = leading_to(output, wanted, bounds)
    record = older if record is None else record
    uses = _uses_among(order, ends)
    if not record:
        found = _owned(*_propagate(output, start, wanted, uses, False, ends))
        return _each_its_own([found[v] if v in found else _zero(v) for v in inputs]), False
    with modes.recording():
        found, _ = _propagate(output, start, wanted, uses, True, ends)
    result = [found[v] if v in found else _zero(v) for v in inputs]
    # one that depends on nothing came out plain
    pairs = zip(result, inputs, strict=True)
    return [
        g if is_variable(g) else Tensor(g) if g.__class__ is Batched else v.__class__(g)
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
    if output.__class__ is Results or (record and is_variable(gradient)):
        return gradient
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
        return data.dtype.type(1)
    if is_variable(gradient):
        raise TypeError(f"{name}: the gradient is a variable; give its plain array, .detach()")
    refuse_other_arithmetic(f"{name}: the gradient", gradient)
    start = gradient if gradient.__class__ is Batched else np.asarray(gradient)
    kinds = "fiuc" if output.dtype.kind == "c" else "fiu"
    if start.shape != output.shape or start.dtype.kind not in kinds:
        raise ValueError(
            f"{name}: the gradient has shape {start.shape} and dtype {start.dtype}, but "
            f"{'' if 'c' in kinds else 'real '}numbers of the output's shape {output.shape} are "
            "needed"
        )
    if start.__class__ is Batched:
        return start.astype(output.dtype, copy=False)
    return np.array(start, dtype=output.dtype)[()]


# ---------------------------------------------------------------- anything


def _count_uses(output: Any) -> dict[Any, int]:
    """How often each node below the output is used by others below it."""
    uses = {output: 0}
    nodes = [output]
    for node in nodes:
        operands = node._operands if node.__class__ is Tensor else [x for _, x in node.variables()]
        for x in operands:
            kind = x.__class__
            if kind is Written:  # since then
                _ = node.operands  # which puts in its place what it was
                x = x.first
                kind = Tensor
            if kind is Tensor or kind is Value or kind is Results:
                if x in uses:
                    uses[x] += 1
                else:
                    uses[x] = 1
                    nodes.append(x)
    return uses


def _uses_among(order: list[Any], ends: Collection[Any]) -> dict[Any, int]:
    """How often each of these nodes is used by the others of them."""
    uses = dict.fromkeys(order, 0)
    for node in order:
        for _, x in () if node in ends else node.variables():
            if x in uses:
                uses[x] += 1
    return uses


@np.errstate(all="ignore")
def _propagate(
    output: Any,
    gradient: Any,
    wanted: frozenset[Any] | None,
    uses: dict[Any, int],
    record: bool,
    ends: Collection[Any] = (),
) -> tuple[dict[Any, Any], set[Any]]:
    """The pass itself: ∂output/∂v for every variable v with a count in `uses` that is wanted (or,
    for None, that has a `.grad`), and those v whose array is theirs alone.

    At each node the pullback of each operand that is a variable is called with the gradient, the
    result, the operands' values and the parameters; to record, with the variables themselves for
    their values. Nothing flows on below the ends."""
    flows = {output: gradient}
    found: dict[Any, Any] = {}
    owned: set[Any] = set()
    ready = [output] if output in uses else []
    part: Any
    has_hooks = hooks.count
    watching = observers() if modes.paused else ()
    for node in ready:
        flow = flows.pop(node)
        if flow.__class__ is Pieces:
            flow = flow.sum(node)
            owned.add(node)
        if has_hooks:
            flow, given = hooks.hooked(node, flow), flow
            if flow is not given:
                owned.discard(node)
        kind = node.__class__
        primitive = node._primitive
        if wanted is not None:
            if node in wanted:
                found[node] = flow
                if node in ends:
                    continue
        elif primitive is None or kind is Value or (kind is Tensor and node._keep):
            found[node] = flow
        if primitive is None:
            continue
        if kind is Tensor:
            operands, rules, params = node._operands, primitive.pullbacks, node._params
            if record:
                _check_unchanged(node)
                z, values = node, operands
            else:
                z, values = node._plain, node._values
            if rules.__class__ is EachOperand:
                rules, values, params = rules.at(flow, z, values, params)
        elif kind is Value:
            operands, rules, z, values, params = _rules_of_value(node, record)
        else:
            operands, rules, z, values, params = _rules_of_results(node, record)
            flow = _whole(flow, node)
        in_place = None
        for i, parent in enumerate(operands):
            kind = parent.__class__
            if kind is not Tensor and kind is not Value and kind is not Results:
                continue
            left = uses.get(parent)
            if left is None:
                continue
            if (
                i == 0
                and primitive.works_in_place
                and not record
                and _is_in_place(node, flow, left, flows)
            ):
                in_place = parent
                continue
            rule = rules[i]
            if watching:
                rule = observed_pullback(watching, node, i, rule)
            try:
                part = rule(flow, z, *values, **params) if params else rule(flow, z, *values)
            except Exception as error:
                part = one_by_one(error, rule, (flow, z, *values), params)
            data = parent._plain
            if not (
                part.__class__ is data.__class__ is ndarray
                and part.shape == data.shape
                and part.dtype is data.dtype
            ):
                part = _fit(part, parent, node)
            if in_place is not None and part.__class__ is ndarray:
                part = part.copy()  # what it may be a view of will change
            if parent in flows:
                part = _added(flows[parent], part, parent, owned)
            elif parent._primitive is None and _is_new(part, flow, z, values):
                owned.add(parent)
            flows[parent] = part
            left -= 1
            uses[parent] = left
            if not left:
                ready.append(parent)
        if in_place is not None:
            mine = node in owned and node not in found
            add = partial(add_in_place, node, flow, mine, in_place, flows, owned)
            observed_call(watching, node, 0, flow, add) if watching else add()
            uses[in_place] -= 1
            if not uses[in_place]:
                ready.append(in_place)
    return found, owned


def _is_in_place(node: Any, flow: Any, left: int, flows: dict[Any, Any]) -> bool:
    """Whether the gradient of a node's first operand is to be added up in place."""
    if not isinstance(flow, ndarray | np.generic) or node.__class__ is not Tensor:
        return False  # something else that flows
    parent = node._operands[0]
    if not isinstance(flows.get(parent), ndarray | np.generic | Pieces | None):
        return False  # a batch, to which it adds up
    primitive: Any = node._primitive
    alone = left == 1 and parent not in flows and primitive.clears is None
    return parent.__class__ is Tensor and parent._plain.ndim > 0 and not alone


def _is_new(part: Any, flow: Any, z: Any, values: Iterable[Any]) -> bool:
    """Whether a rule made an array, and did not hand on, whole or as a view, one that it got."""
    if part.__class__ is not ndarray or part.base is not None or part is flow or part is z:
        return False
    for v in values:
        if part is v:
            return False
    return bool(part.flags.writeable)


def _added(total: Any, part: Any, node: Any, owned: set[Any]) -> Any:
    """The sum of contributions to a node; in place only into an array that was made here."""
    if node in owned and total.__class__ is part.__class__ is ndarray:
        return np.add(total, part, out=total)
    if total.__class__ is Pieces and not isinstance(part, ndarray | np.generic):
        total = total.sum(node)  # beside a variable, to record, or a batch
    if total.__class__ is Pieces:
        if part.__class__ is not ndarray:  # recorded: a graph does not go into an array
            return part + total.sum(node)
        dense = np.array(part)
        total.add_to(dense)
        owned.add(node)
        return dense
    if total.__class__ is dict:  # of several results, each by itself
        for i, g in part.items():
            total[i] = total[i] + g if i in total else g
        return total
    total = total + part
    if total.__class__ is ndarray:
        owned.add(node)
    return total


def _owned(found: dict[Any, Any], owned: set[Any]) -> dict[Any, Any]:
    """The gradients found, each an array that nobody else holds."""
    return {
        v: g.copy() if g.__class__ is ndarray and v not in owned else g for v, g in found.items()
    }


def _rules_of_value(node: Any, record: bool) -> tuple[Any, Any, Any, Any, Any]:
    """For a Value: operands, pullbacks, and what to call these with; see `_propagate`."""
    places = [i for i, _ in node.variables()]
    operands, partials = node.operands, node.partials
    variables = [operands[i] for i in places]
    if not record:
        return variables, [partial(_scaled, partials[i]) for i in places], None, (), {}
    _check_unchanged_value(node)
    pullbacks = node._primitive.pullbacks
    return variables, [pullbacks[i] for i in places], node, operands, NO_PARAMS


def _scaled(partial: float, g: float, z: None) -> Any:
    """The pullback of a Value, which holds its derivative as a number."""
    return times(g, partial)


def _rules_of_results(node: Results, record: bool) -> tuple[Any, Any, Any, Any, Any]:
    """For what has several results: the same; the results are tuples."""
    assert node._primitive is not None
    z: Any = node._plain
    if record:
        _check_unchanged(node)
        z = tuple(node.result(i) for i in range(len(z)))
    values = node._operands if record else node._values
    return node._operands, node._primitive.pullbacks, z, values, node._params


def _whole(flow: dict[int, Any], node: Results) -> tuple[Any, ...]:
    """The gradients of all results: 0 of those that lead nowhere."""
    return tuple(
        flow[i] if i in flow else np.zeros(np.shape(result), getattr(result, "dtype", float))
        for i, result in enumerate(node._plain)
    )


def _check_unchanged(node: Any) -> None:
    """To record, the operands must be as they were: the rules compute with them as they are."""
    for x, value in zip(node.operands, node._values, strict=True):
        if not is_variable(x) or x._plain is value or x.__class__ is Results:
            continue
        if value.__class__ is Gone:
            continue  # the rule does not need the numbers
        if getattr(value, "base", None) is x._plain and not getattr(x, "_shared", False):
            continue  # lent by a leaf, which has not changed since
        if not np.array_equal(x._plain, value, equal_nan=True):
            raise _changed(node._primitive.name)


def _check_unchanged_value(node: Any) -> None:
    """The same for a Value, which remembers its number and its derivatives."""
    primitive = node._primitive
    numbers = [detached(x) for x in node.operands]
    now = [primitive.evaluate_floats(*numbers)]
    now += [
        was if was is None else primitive.partial_on_floats(i, numbers, node._plain)
        for i, was in enumerate(node.partials)
    ]
    for x, was in zip(now, (node._plain, *node.partials), strict=True):
        if x != was and was == was:
            raise _changed(primitive.name)


def _changed(name: str) -> ValueError:
    return ValueError(
        f"{name}: the data of an operand was replaced after it was used; a derivative that can be "
        "differentiated again needs a new forward pass"
    )


def _fit(part: Any, parent: Any, node: Any) -> Any:
    """A contribution in the shape, dtype and kind of the variable that it is for.

    The gradient of a broadcast is the sum over the axes that were stretched.
    """
    data = parent._plain
    if parent.__class__ is Results:
        return part if part.__class__ is dict else {node._params["index"]: part}
    if Batched in (part.__class__, data.__class__, detached(part).__class__):
        return _fit_in_batch(part, parent, node)
    if part.__class__ is data.__class__ is not ndarray:
        return part
    if parent.__class__ is Value:
        if part.__class__ is Tensor:
            part = part.real if part.dtype.kind == "c" else part
            return as_value(PRIMITIVES["sum"].function(part) if part.ndim else part)
        return part if part.__class__ is Value else float(np.sum(np.real(part)))
    if part.__class__ is Value:
        return as_tensor(part, data.dtype)
    if part.__class__ is float or part.__class__ is int:
        part = data.dtype.type(part)
    elif part.__class__ is complex:
        part = np.complex128(part)
    if part.shape != data.shape:
        part = _summed(part, data.shape, node)
    if part.dtype == data.dtype:
        return part
    if part.dtype.kind == "c" and data.dtype.kind == "f":
        part = part.real
    return part.astype(data.dtype)


def _fit_in_batch(part: Any, parent: Any, node: Any) -> Any:
    """The same where there is one for each example; summed over those of a batch that is closed."""
    data = np.float64(parent._plain) if parent.__class__ is Value else parent._plain
    if part.__class__ is Value:
        part = as_tensor(part, data.dtype)
    elif not hasattr(part, "dtype"):
        part = np.asarray(part)
    if part.shape != data.shape:
        part = _summed(part, data.shape, node)
    if part.dtype.kind == "c" and data.dtype.kind == "f":
        part = part.real
    if part.dtype != data.dtype:
        part = part.astype(data.dtype)
    return closed(part, data)


def _summed(part: Any, shape: tuple[int, ...], node: Any) -> Any:
    """Sum over the axes along which something of `shape` was broadcast."""
    lead = len(part.shape) - len(shape)
    axes = tuple(range(lead))
    if part.shape[lead:] != shape:
        axes += tuple(i + lead for i, n in enumerate(shape) if n == 1 and part.shape[i + lead] != 1)
    if lead >= 0:
        add = np.add.reduce if part.__class__ is ndarray else PRIMITIVES["sum"].function
        part = add(part, axes)
        if len(axes) > lead:
            part = PRIMITIVES["reshape"].function(part, shape)
    if part.shape != shape:
        raise ValueError(
            f"{node._primitive.name}: its rule gives a gradient of shape {part.shape} for an "
            f"operand of shape {shape}"
        )
    return part


fitted = _fit  # forward mode uses it too

for _kind in (Value, Tensor):
    _kind._backward = backward
