"""The graph: the walk from an output down to what it was computed from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from autograd_lite.engine.variable import Variable

Bounds = tuple[int, frozenset[Any]]


def operands_first(output: Any) -> list[Any]:
    """Every variable below an output, and the output, each after its operands, in the order of
    the program.

    Raises:
        TypeError: if the output is no variable.

    >>> from autograd_lite import Value
    >>> x = Value(3.0, name="x")
    >>> [v.name for v in operands_first(x * x + 1.0)]
    ['x', None, None]
    """
    return leading_to(output, None)[0]


def is_larger_than(output: Any, most: int) -> bool:
    """Whether more variables than so many are below an output, itself among them; found without
    a look at the others.

    >>> from autograd_lite import Value
    >>> is_larger_than(Value(3.0) + Value(4.0), 2)
    True
    """
    seen = {output.node}
    found = [output.node]
    for node in found:
        for _, x in node.variables():
            if x not in seen:
                seen.add(x)
                found.append(x)
        if len(found) > most:
            return True
    return False


def made_before(time: int, output: Any) -> list[Any]:
    """The variables made before a time of the clock on which an output depends directly: those
    at which a walk down what was made since then ends."""
    found, ends = [output.node], []
    seen = {output.node}
    for node in found:
        if node._epoch < time:
            ends.append(node)
            continue
        for _, x in node.variables():
            if x not in seen:
                seen.add(x)
                found.append(x)
    return ends


def leading_to(
    output: Any, inputs: Collection[Any] | None, bounds: Bounds | None = None
) -> tuple[list[Any], bool]:
    """The variables below an output that lead to one of the inputs, the inputs among them, each
    after its operands; and whether the output depends on what is older than all inputs.

    What is older than all inputs is not visited, nor what lies below an input, unless another
    one may be there: that is what the bounds of the inputs tell (`bounds_of`).
    """
    if not isinstance(output, Variable):
        raise TypeError(
            f"the output is a plain {type(output).__name__}: a Value or Tensor is needed, "
            "computed from variables"
        )
    output = output.node
    oldest, ends = bounds or (None, frozenset())
    older = False
    order: list[Any] = []
    leads: dict[Any, bool] = {}
    opened: dict[Any, Sequence[Any]] = {}
    stack = [output]
    while stack:
        node = stack[-1]
        if node in leads:
            stack.pop()
            continue
        below = opened.get(node)
        if below is None:
            if oldest is not None and node._epoch < oldest:
                leads[node] = False
                older = True
                stack.pop()
                continue
            opened[node] = below = () if node in ends else _variables_of(node)
            left = [x for x in reversed(below) if x not in leads]
            if left:
                stack += left
                continue
        stack.pop()
        leading = inputs is None or node in inputs
        if not leading:
            for x in below:
                if leads[x]:
                    leading = True
                    break
        leads[node] = leading
        if leading:
            order.append(node)
    return order, older


def _variables_of(node: Any) -> Sequence[Any]:
    """Those of `node.variables()` without their places, which takes half as long."""
    primitive = node._primitive
    if primitive is None:
        return ()
    if primitive.constants:
        return [x for _, x in node.variables()]
    return [x for x in node.operands if isinstance(x, Variable)]


class Walk:
    """The walk from an output to some inputs: for many passes along the same graph, made once."""

    __slots__ = ("_uses", "bounds", "older", "order", "wanted")

    def __init__(self, output: Any, inputs: Iterable[Any]) -> None:
        self.wanted = frozenset([x.node for x in inputs])
        self.bounds = bounds_of(self.wanted)
        self.order, self.older = leading_to(output, self.wanted, self.bounds)
        self._uses: dict[Any, int] | None = None

    def uses(self) -> dict[Any, int]:
        """How often each of the variables is used by the others of them."""
        if self._uses is None:
            self._uses = uses_among(self.order, self.bounds[1])
        return self._uses.copy()


def uses_among(order: Iterable[Any], ends: Collection[Any]) -> dict[Any, int]:
    """How often each of these nodes is used by the others of them that are no ends."""
    uses = dict.fromkeys(order, 0)
    for node in order:
        for x in () if node in ends else _variables_of(node):
            if x in uses:
                uses[x] += 1
    return uses


def leads_to(output: Any, inputs: Collection[Any], bounds: Bounds) -> bool:
    """Whether an output depends on one of the inputs: as `leading_to`, but only up to the first."""
    oldest, ends = bounds
    stack = [output.node]
    seen = set(stack)
    while stack:
        node = stack.pop()
        if node in inputs:
            return True
        if node._epoch < oldest or node in ends:
            continue
        for x in _variables_of(node):
            if x not in seen:
                seen.add(x)
                stack.append(x)
    return False


def bounds_of(inputs: Collection[Any]) -> Bounds:
    """When the oldest of some variables was made; and, if it is one alone, itself: below it there
    is no other of them, since all others are younger."""
    oldest = min((x._epoch for x in inputs), default=0)
    old = [x for x in inputs if x._epoch == oldest]
    return oldest, frozenset(old) if len(old) == 1 else frozenset()


def older_below(outputs: Iterable[Any], stops: Collection[Any], epoch: int) -> list[Any]:
    """The variables of before an epoch that the outputs were computed from, not below the stops:
    what a function closes over. What these were computed from in turn is not visited."""
    found: dict[Any, None] = {}
    seen = set(stops)
    stack = [x.node for x in outputs if isinstance(x, Variable)]
    while stack:
        x = stack.pop()
        if x in seen:
            continue
        seen.add(x)
        if x._epoch < epoch:
            found[x] = None
        else:
            stack += [operand for _, operand in x.variables()]
    return list(found)
