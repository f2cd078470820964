"""A function and its arguments as a `Subject`: which arguments are differentiated by, what they
are called, and whose gradient is checked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.modes import recording
from autograd_lite.engine.primitive import Array, Primitive
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.reductions import sum as sum_
from autograd_lite.testing.culprit import wrong_rules
from autograd_lite.testing.frameworks import Ours, framework_of, is_float_array, plain
from autograd_lite.testing.subject import Leaf, Subject, as_result, weights
from autograd_lite.transforms.trees import leaves_of, map_leaves

Function = Callable[..., Any]


def subject_of(
    f: Function,
    args: Sequence[Any],
    gradient: Any = None,
    pullback: Function | None = None,
    wrt: Any = None,
) -> Subject:
    """What `check_gradient` was given, as a `Subject`; see there."""
    if isinstance(f, Primitive):
        f = f.function
    if not callable(f):
        raise TypeError(f"check_gradient: a function is needed, not {type(f).__name__}")
    if gradient is not None and pullback is not None:
        raise TypeError("check_gradient: give a gradient or a pullback, not both")
    given = Given(f, args, wrt)
    if gradient is not None:
        return given.with_gradient(gradient)
    if pullback is not None:
        return given.with_pullback(pullback)
    return given.with_framework()


class Given:
    """The arguments of a call, taken apart into what is differentiated by and what stays."""

    def __init__(self, f: Function, args: Sequence[Any], wrt: Any) -> None:
        self.f = f
        self.name = getattr(f, "__name__", type(f).__name__)
        names = argument_names(f, len(args))
        chosen = _chosen(wrt, names)
        self.args = tuple(args)
        self.names: list[str] = []
        self.likes: list[Any] = []
        for i, (argument, name) in enumerate(zip(args, names, strict=True)):
            if i in chosen:
                map_leaves(self._enter, argument, name)
        self.chosen = chosen
        if not self.likes:
            raise TypeError(
                f"check_gradient: no argument of {self.name} is a floating-point number or array "
                "to differentiate by; whole numbers, such as 3, are constants: write 3.0"
            )
        arrays = [np.asarray(plain(x)) for x in self.likes]
        self.leaves = [Leaf(n, np.array(a)) for n, a in zip(self.names, arrays, strict=True)]

    def _enter(self, leaf: Any, name: str) -> None:
        if isinstance(leaf, complex) or getattr(leaf, "dtype", None) in (complex, np.complex64):
            raise TypeError(f"check_gradient: {name} is complex; only real numbers are checked")
        if is_float_array(leaf):
            self.names.append(name)
            self.likes.append(leaf)

    def call(self, leaves: Sequence[Any]) -> Any:
        """f of the arguments with something else in the place of each leaf."""
        return self.f(*self.arguments(leaves))

    def arguments(self, leaves: Sequence[Any]) -> list[Any]:
        """The arguments with something else in the place of each leaf."""
        rest = iter(leaves)

        def instead(leaf: Any, where: str) -> Any:
            return next(rest) if is_float_array(leaf) else leaf

        return [
            map_leaves(instead, argument) if i in self.chosen else argument
            for i, argument in enumerate(self.args)
        ]

    def plain_arguments(self, arrays: Sequence[Array]) -> list[Any]:
        """The arguments in the form in which they were given, variables as plain arrays."""
        return self.arguments(framework_of(self.likes).given(arrays, self.likes))

    # ------------------------------------------------------------ whose gradient

    def with_framework(self) -> Subject:
        """The gradient of the library whose arrays were given."""
        framework = framework_of(self.likes)
        arrays = [leaf.array for leaf in self.leaves]

        def first(at: Sequence[Array]) -> Array:
            y = framework.value(self.call, at, self.likes)
            found = framework.pullback(self.call, at, self.likes)(weights(y.shape))
            return np.concatenate([g.reshape(-1) for g in found])

        second = Subject(
            f"the gradient of {self.name}",
            self.leaves,
            first,
            lambda d: framework.second(self.call, arrays, self.likes, d),
        )
        return Subject(
            self.name,
            self.leaves,
            lambda at: framework.value(self.call, at, self.likes),
            _once(lambda: framework.pullback(self.call, arrays, self.likes)),
            lambda: second,
            is_linear=True,
            hints=self._wrong_rules if isinstance(framework, Ours) else lambda: [],
        )

    def _wrong_rules(self) -> list[str]:
        """Of our own gradient: which primitive's rule is wrong."""
        with recording():
            arrays = [leaf.array for leaf in self.leaves]
            y = Ours().output(self.call, arrays, self.likes)[1]
            y = sum_(y) if is_variable(y) else y
        return wrong_rules(y) if is_variable(y) else []

    def with_gradient(self, gradient: Any) -> Subject:
        """A gradient written by hand: a function of the arguments, or the arrays themselves."""
        arrays = [leaf.array for leaf in self.leaves]

        def pullback(c: Array) -> list[Any]:
            given = gradient(*self.plain_arguments(arrays)) if callable(gradient) else gradient
            parts = self._parts(given)
            return [
                _contracted(g, c, leaf.array) for g, leaf in zip(parts, self.leaves, strict=True)
            ]

        return Subject(self.name, self.leaves, self._value, pullback)

    def with_pullback(self, pullback: Function) -> Subject:
        """A backward pass written by hand: (dout, *arguments) -> gradients of Σ dout·result."""
        arrays = [leaf.array for leaf in self.leaves]

        def back(c: Array) -> list[Any]:
            dout = c if c.ndim else float(c)
            return self._parts(pullback(dout, *self.plain_arguments(arrays)))

        return Subject(self.name, self.leaves, self._value, back, is_linear=True)

    def _value(self, arrays: Sequence[Array]) -> Array:
        return as_result(self.name, plain(self.f(*self.plain_arguments(arrays))))

    def _parts(self, given: Any) -> list[Any]:
        """One array a leaf from what a gradient gave."""
        parts = leaves_of(given)
        if len(parts) != len(self.leaves):
            if len(self.leaves) == 1:
                return [np.asarray(given)]
            names = ", ".join(leaf.name for leaf in self.leaves)
            raise ValueError(
                f"check_gradient: the gradient of {self.name} gives {len(parts)} arrays for "
                f"{len(self.leaves)} arguments ({names}); choose those that it is for with wrt=…"
            )
        return [np.asarray(plain(g)) for g in parts]


def _once(make: Callable[[], Function]) -> Function:
    """The function that `make` makes when it is called first."""
    made: list[Function] = []

    def call(c: Array) -> Any:
        if not made:
            made.append(make())
        return made[0](c)

    return call


def _contracted(g: Array, c: Array, x: Array) -> Array:
    """The gradient of Σ c·result from what a hand-written gradient gave: for one number the
    gradient itself; else the Jacobian, or the derivatives of an elementwise function."""
    if c.shape == ():
        return g
    if g.shape == (*c.shape, *x.shape):
        return np.tensordot(c, g, c.ndim)
    if g.shape == c.shape == x.shape:
        return c * g
    return g


def argument_names(f: Function, count: int) -> list[str]:
    """What f calls its first positional arguments.

    >>> argument_names(lambda x, W: x @ W, 2)
    ['x', 'W']
    """
    names: list[str] = []
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (ValueError, TypeError):
        parameters = []
    for p in parameters:
        if p.kind is p.VAR_POSITIONAL:
            names += [f"{p.name}[{i}]" for i in range(count - len(names))]
        elif p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
            names.append(p.name)
    return [*names, *(f"argument {i}" for i in range(len(names), count))][:count]


def _chosen(wrt: Any, names: list[str]) -> set[int]:
    """The positions of the arguments to differentiate by."""
    if wrt is None:
        return set(range(len(names)))
    wanted = [wrt] if isinstance(wrt, str | int) else list(wrt)
    chosen = set()
    for w in wanted:
        if w in names:
            chosen.add(names.index(w))
        elif isinstance(w, int) and -len(names) <= w < len(names):
            chosen.add(w % len(names))
        else:
            raise ValueError(f"check_gradient: wrt={w!r} is none of {', '.join(names)}")
    return chosen
