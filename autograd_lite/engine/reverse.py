"""The reverse pass: the chain rule from an output back to everything it was computed from.

It is iterative, visits each node once, after all its uses (reverse topological order, found by
counting uses), and keeps the gradients of this pass apart from those of earlier passes; `.grad`
is added to at the very end, so that an error on the way leaves nothing half done.

There are two loops. Graphs of Values alone, which hold their local derivatives as floats, have
one that multiplies and adds and keeps its counts in the nodes, under a lock. Everything else goes
through `propagate`, which asks each node for the contributions to its operands; given
`record=True` it computes with variables, so that the gradient is a graph again.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Sequence
from threading import RLock
from typing import Any

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.arrays import checksum
from autograd_lite.engine.primitive import detached, times
from autograd_lite.engine.tensor import Tensor, as_tensor, as_value, is_variable
from autograd_lite.engine.value import Value, partial_on_floats
from autograd_lite.primitives.reductions import sum as sum_
from autograd_lite.primitives.shaping import reshape

ndarray = np.ndarray
_lock = RLock()  # around the counts in Values, and around adding to .grad


def backward(output: Any, gradient: Any = None) -> None:
    """Add ∂output/∂v to `v.grad` for each Value, and each leaf or keeping Tensor, on the way."""
    start = _start("backward", output, gradient)
    with _lock:
        if output.__class__ is Value:
            nodes = _propagate_values(output, start)
            if nodes is not None:
                for v in nodes:
                    old = v._grad
                    v._grad = v._flow if old is None else old + v._flow
                return
    found = propagate(output, start, keep=_has_grad)
    with _lock:
        for v, g in found.items():
            v._grad = g if v._grad is None else v._grad + g


def gradients(
    output: Any, inputs: Sequence[Any], gradient: Any = None, record: bool = False
) -> list[Any]:
    """∂output/∂v for each variable v of `inputs`, as plain numbers and arrays; no `.grad` changes.

    Args:
        output: a scalar variable, or any if `gradient` is given, of exactly its shape.
        inputs: Values and Tensors; one that the output does not depend on gets 0.
        record: give variables instead, which can be differentiated again.

    >>> x = Value(3.0)
    >>> gradients(x**2, [x])
    [6.0]
    """
    start = _start("gradients", output, gradient, record)
    wanted = set(inputs)
    if not record and output.__class__ is Value:
        with _lock:
            nodes = _propagate_values(output, start)
            if nodes is not None:
                reached = wanted.intersection(nodes)
                return [v._flow if v in reached else _zero(v) for v in inputs]
    found = propagate(output, start, keep=wanted.__contains__, record=record)
    result = [found[v] if v in found else _zero(v) for v in inputs]
    if record:  # one that depends on nothing came out plain
        return [
            g if is_variable(g) else v.__class__(g) for g, v in zip(result, inputs, strict=True)
        ]
    return result


def _zero(v: Any) -> Any:
    return 0.0 if v.__class__ is Value else np.zeros(v.shape, v.dtype)


def _has_grad(v: Any) -> bool:
    return v.__class__ is Value or v._primitive is None or v._keep


def _start(name: str, output: Any, gradient: Any, record: bool = False) -> Any:
    """The gradient that the pass starts from, checked against the output."""
    if not is_variable(output):
        raise TypeError(f"{name}: the output is a plain {type(output).__name__}, no variable")
    if record and is_variable(gradient):
        return gradient
    if output.__class__ is Value:
        return 1.0 if gradient is None else float(gradient)
    if gradient is None:
        data = output._data
        if data.ndim:
            raise ValueError(
                f"{name}: the output has shape {output.shape} and is no scalar; reduce it with "
                f"sum() or mean(), or give a gradient of that shape"
            )
        return data.dtype.type(1)
    if is_variable(gradient):
        raise TypeError(f"{name}: the gradient is a variable; give its plain array, .detach()")
    start = np.asarray(gradient)
    if start.shape != output.shape or start.dtype.kind not in "fiu":
        raise ValueError(
            f"{name}: the gradient has shape {start.shape} and dtype {start.dtype}, but real "
            f"numbers of the output's shape {output.shape} are needed"
        )
    return np.array(start, dtype=output.dtype)[()]


# ---------------------------------------------------------------- Values alone


def _propagate_values(output: Value, gradient: float) -> list[Value] | None:
    """Leave ∂output/∂v in `v._flow` for every Value v below the output, and list them, each
    after its uses; None if there is a Tensor among them. To be called under the lock."""
    below = [output]
    try:
        _count_uses_of_values(below)
        output._flow = gradient
        nodes = [output]
        push = nodes.append
        for v in nodes:
            flow = v._flow
            da = v._da
            if da is not None:
                a = v._a
                if flow and da:  # 0·inf is 0: see `times`
                    a._flow += flow * da
                n = a._uses - 1
                a._uses = n
                if not n:
                    push(a)
            db = v._db
            if db is not None:
                b = v._b
                if flow and db:
                    b._flow += flow * db
                n = b._uses - 1
                b._uses = n
                if not n:
                    push(b)
        return nodes
    except BaseException:  # even one from outside: the counts must be 0 for the next pass
        for v in below:
            v._uses = 0
        if any(x.__class__ is Tensor for v in below for x in _parents(v)):
            return None
        raise


def _count_uses_of_values(below: list[Value]) -> None:
    """Add all Values below the first to the list, with their `_uses` counted and `_flow` 0.
    A Tensor raises AttributeError."""
    push = below.append
    for v in below:
        v._flow = 0.0
        if v._da is not None:
            a = v._a
            n = a._uses
            a._uses = n + 1
            if not n:
                push(a)
        if v._db is not None:
            b = v._b
            n = b._uses
            b._uses = n + 1
            if not n:
                push(b)


# ---------------------------------------------------------------- anything


def propagate(output: Any, gradient: Any, keep: Any, record: bool = False) -> dict[Any, Any]:
    """∂output/∂v for every variable v below the output for which `keep(v)` holds."""
    if record:
        with modes.recording():
            return _propagate(output, gradient, keep, record)
    found = _propagate(output, gradient, keep, record)
    return {v: _own(found, v) for v in found}


@np.errstate(all="ignore")
def _propagate(output: Any, gradient: Any, keep: Any, record: bool) -> dict[Any, Any]:
    """The pass itself. At each node the pullback of each operand that is a variable is called with
    the gradient, the result, the operands' values and the parameters; to record, with the
    variables themselves for their values."""
    uses = _count_uses(output)
    flows = {output: gradient}
    found: dict[Any, Any] = {}
    owned: set[Any] = set()
    ready = [output]
    part: Any
    for node in ready:
        flow = flows.pop(node)
        if keep(node):
            found[node] = flow
        if node._primitive is None:
            continue
        if node.__class__ is Value:
            operands, rules, z, values, params = _rules_of_value(node, record)
        else:
            if record or node._guards:
                _check_unchanged(node, record)
            operands, rules, params = node._operands, node._primitive.pullbacks, node._params
            z, values = (node, operands) if record else (node._data, node._values)
        for i, parent in enumerate(operands):
            if parent.__class__ is not Tensor and parent.__class__ is not Value:
                continue
            rule = rules[i]
            part = rule(flow, z, *values, **params) if params else rule(flow, z, *values)
            data = parent._data
            if not (
                part.__class__ is data.__class__ is ndarray
                and part.shape == data.shape
                and part.dtype is data.dtype
            ):
                part = _fit(part, parent, node)
            if parent in flows:
                part = _added(flows[parent], part, parent, owned)
            flows[parent] = part
            left = uses[parent] = uses[parent] - 1
            if not left:
                ready.append(parent)
    return found


def _count_uses(output: Any) -> dict[Any, int]:
    """How often each node below the output is used by others below it."""
    uses = {output: 0}
    nodes = [output]
    for node in nodes:
        for x in node._operands if node.__class__ is Tensor else _parents(node):
            if x.__class__ is Tensor or x.__class__ is Value:
                if x in uses:
                    uses[x] += 1
                else:
                    uses[x] = 1
                    nodes.append(x)
    return uses


def _parents(node: Any) -> Iterable[Any]:
    if node.__class__ is Tensor:
        return [x for x in node._operands if x.__class__ is Tensor or x.__class__ is Value]
    if node._db is None:
        return () if node._da is None else (node._a,)
    return (node._b,) if node._da is None else (node._a, node._b)


def _added(total: Any, part: Any, node: Any, owned: set[Any]) -> Any:
    """The sum of contributions to a node; in place only into an array that was made here."""
    if node in owned and total.__class__ is part.__class__ is ndarray:
        return np.add(total, part, out=total)
    total = total + part
    if total.__class__ is ndarray:
        owned.add(node)
    return total


def _own(found: dict[Any, Any], node: Any) -> Any:
    """The gradient of a node as an array that nobody else holds."""
    flow = found[node]
    if flow.__class__ is not np.ndarray:
        return flow
    if flow.base is None and flow.flags.writeable and sys.getrefcount(flow) <= 3:
        return flow
    return flow.copy()


def _rules_of_value(node: Any, record: bool) -> tuple[Any, Any, Any, Any, Any]:
    """For a Value: operands, pullbacks, and what to call these with; see `_propagate`."""
    operands, partials = node.operands, node.partials
    used = [i for i, partial in enumerate(partials) if partial is not None]
    variables = [operands[i] for i in used]
    if not record:
        return variables, [functools.partial(_scaled, partials[i]) for i in used], None, (), {}
    _check_unchanged_value(node)
    return variables, [node._primitive.pullbacks[i] for i in used], node, operands, {}


def _scaled(partial: float, g: float, z: None) -> Any:
    """The pullback of a Value, which holds its derivative as a number."""
    return times(g, partial)


def _check_unchanged(node: Any, record: bool) -> None:
    """Arrays that others can change must be as they were, and so must, to record, the operands:
    rules that record compute with them as they are now."""
    for array, before in node._guards:
        if checksum(array) != before:
            raise ValueError(
                f"{node._primitive.name}: an array was changed after it was used (one given with "
                "copy=False, or by a view of .data taken before); its gradient cannot be right: "
                "run the forward pass again"
            )
    if not record:
        return
    for x, value in zip(node._operands, node._values, strict=True):
        if not is_variable(x) or x._data is value:
            continue
        if not np.array_equal(x._data, value, equal_nan=True):
            raise _changed(node._primitive.name)


def _check_unchanged_value(node: Any) -> None:
    """The same for a Value, which remembers its number and its derivatives."""
    primitive = node._primitive
    numbers = [detached(x) for x in node.operands]
    now = [primitive.evaluate_floats(*numbers)]
    now += [
        was if was is None else partial_on_floats(primitive, i, numbers, node._data)
        for i, was in enumerate(node.partials)
    ]
    for x, was in zip(now, (node._data, *node.partials), strict=True):
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
    data = parent._data
    if part.__class__ is data.__class__ is not ndarray:
        return part
    if parent.__class__ is Value:
        if part.__class__ is Tensor:
            return as_value(sum_(part) if part.ndim else part)
        return part if part.__class__ is Value else float(np.sum(part))
    if part.__class__ is Value:
        return as_tensor(part, data.dtype)
    if part.__class__ is float:
        part = data.dtype.type(part)
    if part.shape != data.shape:
        part = _summed(part, data.shape, node)
    return part if part.dtype == data.dtype else part.astype(data.dtype)


def _summed(part: Any, shape: tuple[int, ...], node: Any) -> Any:
    """Sum over the axes along which something of `shape` was broadcast."""
    lead = len(part.shape) - len(shape)
    axes = tuple(range(lead))
    if part.shape[lead:] != shape:
        axes += tuple(i + lead for i, n in enumerate(shape) if n == 1 and part.shape[i + lead] != 1)
    if lead >= 0:
        part = np.add.reduce(part, axes) if part.__class__ is ndarray else sum_(part, axes)
        if len(axes) > lead:
            part = reshape(part, shape)
    if part.shape != shape:
        raise ValueError(
            f"{node._primitive.name}: its rule gives a gradient of shape {part.shape} for an "
            f"operand of shape {shape}"
        )
    return part


for _kind in (Value, Tensor):
    _kind._backward = backward
