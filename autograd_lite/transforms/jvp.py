"""Forward mode: `jvp` and `linearize`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.forward import Pushforward, together
from autograd_lite.engine.many import widest_below
from autograd_lite.engine.variable import is_variable
from autograd_lite.transforms.calls import (
    Call,
    as_recorded,
    check_function,
    number_of,
    outputs_of,
    plain_tree,
    warn_if_cut,
    with_aux,
    zero_of,
)
from autograd_lite.transforms.trees import leaves_beside, leaves_of, with_leaves
from autograd_lite.transforms.vjp import start_for


def jvp(
    f: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    has_aux: bool = False,
) -> Any:
    """The value of f and its derivative in a direction: (f(x), J·v) for the Jacobian J of f, a
    Jacobian-vector product, in one run of f and one pass forward along what it recorded.

    Args:
        f: takes numbers, arrays, or nested containers of them, and returns such.
        primals: its arguments, a tuple or list.
        tangents: the direction, a tuple or list: for each argument one of its structure and
            shapes.
        has_aux: f returns a pair, its result and anything else.

    Returns:
        (value, tangent), or (value, tangent, anything else); the tangent is of the structure,
        shapes and dtypes of the value. Both are plain numbers and arrays, unless an argument, a
        tangent or what f closes over is a Value or Tensor.

    Raises:
        TypeError: if f returns what is no number or array, or an argument is none.
        ValueError: if the tangents do not have the structure and shapes of the arguments.

    Warns:
        UserWarning: if what f returns does not depend on its arguments.

    >>> jvp(lambda x, y: x * y, (2.0, 5.0), (1.0, 0.0))
    (10.0, 5.0)
    >>> jvp(np.sin, (np.zeros(2),), (np.array([1.0, 2.0]),))
    (array([0., 0.]), array([1., 2.]))
    """
    for given, what in ((primals, "primals"), (tangents, "tangents")):
        if not isinstance(given, list | tuple):
            raise TypeError(
                f"jvp: {what} must be a tuple of one for each argument of f, not "
                f"{type(given).__name__}"
            )
    value, push, aux = _linearized("jvp", f, primals, has_aux, often=False)
    tangent = push(*tangents)
    return (value, tangent, aux) if has_aux else (value, tangent)


def linearize(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of f and its derivative as a function of the direction: (f(x), v ↦ J·v).

    Args:
        f, primals, has_aux: as for `vjp`.

    Returns:
        (value, push), or (value, push, anything else). push takes a tangent for each argument, of
        its structure and shapes, and may be called many times: f is not run again, and what does
        not depend on the tangents is computed once.

    Raises, Warns: as `jvp`.

    >>> value, push = linearize(lambda x: x**2, 3.0)
    >>> value, push(1.0), push(10.0)
    (9.0, 6.0, 60.0)
    """
    value, push, aux = _linearized("linearize", f, primals, has_aux, often=True)
    return (value, push, aux) if has_aux else (value, push)


def _linearized(
    name: str, f: Callable[..., Any], primals: Sequence[Any], has_aux: bool, often: bool
) -> tuple[Any, Pushed, Any]:
    check_function(name, f)
    call = Call(name, f, tuple(primals), {}, range(len(primals)))
    output, aux = with_aux(name, call.output) if has_aux else (call.output, None)
    with modes.in_any_case():
        output = outputs_of(name, output)
    push = Pushed(call, output, often)
    if not push.depends:
        warn_if_cut(name, leaves_of(output), call.inputs)
    if push.records:
        return output, push, aux
    return plain_tree(output), push, plain_tree(aux)


class Pushed:
    """What `linearize` returns: takes a direction of the arguments forward to the value."""

    def __init__(self, call: Call, output: Any, often: bool) -> None:
        self._call = call
        self._often = often
        self.output = output
        """What f returned, with its variables."""
        self._leaves = leaves_of(output)
        self._places = [i for i, x in enumerate(self._leaves) if is_variable(x)]
        self._whole = together([self._leaves[i] for i in self._places]) if self._places else None
        self._passes: dict[bool, Pushforward] = {}
        self.records = False
        """Whether tangents are variables, whatever the direction is."""
        self.depends = False
        """Whether the value depends on any of the arguments."""
        if self._whole is not None:
            found = Pushforward(self._whole, call.inputs, call.record, often)
            self.records = found.record
            self.depends = found.depends
            self._passes[found.record] = found

    @property
    def widest(self) -> int:
        """The number of elements of the largest variable on the way."""
        return 1 if self._whole is None else widest_below(self._whole, self._call.inputs)

    def __call__(self, *tangents: Any) -> Any:
        """J·v for the direction v.

        Raises:
            TypeError: if there is not a tangent for each argument.
            ValueError: if one has not the structure and the shapes of its argument.
        """
        call = self._call
        trees = call.map_trees(call.inputs)
        if len(tangents) != len(trees):
            raise TypeError(
                f"{call.name}: {len(tangents)} tangents for {len(trees)} arguments; give one each"
            )
        given = [
            start_for(call.name, x, t, where, f"tangent {i}")
            for i, (tree, tangent) in enumerate(zip(trees, tangents, strict=True))
            for x, t, where in leaves_beside(tree, tangent, call.name, f"tangent {i}")
        ]
        record = modes.is_recording() and (self.records or any(map(is_variable, given)))
        if not record:
            given = [t.detach() if is_variable(t) else t for t in given]
        found = iter(self.tangents(given, record))
        parts = [next(found) if is_variable(x) else zero_of(x) for x in self._leaves]
        parts = _each_its_own(parts)
        if record:
            parts = [as_recorded(t, x) for t, x in zip(parts, self._leaves, strict=True)]
        return with_leaves(self.output, parts)

    def tangents(self, given: Sequence[Any], record: bool) -> tuple[Any, ...]:
        """The tangent of each variable among the outputs, for one of each input."""
        if self._whole is None:
            return ()
        if record not in self._passes:
            self._passes[record] = Pushforward(self._whole, self._call.inputs, record, self._often)
        found = self._passes[record](given)
        return found if len(self._places) > 1 else (found,)

    def __repr__(self) -> str:
        return "<the pushforward of a function>"


def _each_its_own(tangents: list[Any]) -> list[Any]:
    """The same as arrays that nobody else holds, and as numbers."""
    seen: set[int] = set()
    result = []
    for t in tangents:
        if isinstance(t, np.ndarray):
            shared = t.base is not None or not t.flags.writeable or id(t) in seen
            seen.add(id(t))
            t = t.copy() if shared else t
        result.append(number_of(t))
    return result
