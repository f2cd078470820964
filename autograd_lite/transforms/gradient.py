"""Transforms of functions: `grad` and `value_and_grad`."""

from __future__ import annotations

import functools
import types
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine import clock, modes
from autograd_lite.engine.primitive import PRIMITIVES
from autograd_lite.engine.reverse import gradients_and_whether_recorded
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import is_variable
from autograd_lite.transforms.trees import leaves_of, map_leaves

Argnums = int | Sequence[int]


def grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that computes ∂f/∂argument.

    Args:
        f: takes numbers, arrays, or nested dicts, lists and tuples of them; returns one number.
        argnums: which positional argument to differentiate by; a tuple of them gives a tuple.

    Returns:
        A function of the same arguments. Floats run through f as Values and arrays as Tensors;
        what comes back is plain, of the same structure, each leaf of its argument's dtype.
        Calls may be nested for derivatives of any order: where f depends on a variable from
        outside, by an argument or as one that it closes over, what comes back is a variable.

    Raises:
        TypeError: if f returns no number, or an argument to differentiate by is none.
        ValueError: if f returns an array with axes.

    Warns:
        UserWarning: if f returns a plain number, which depends on nothing: the gradient is 0.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda p: p["a"] * p["b"])({"a": 2.0, "b": 5.0})
    {'a': 5.0, 'b': 2.0}
    """
    return _Gradient(f, argnums)


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., tuple[Any, Any]]:
    """The function that computes (f, ∂f/∂argument) in one go; see `grad`.

    >>> value_and_grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 5.0)
    (10.0, (5.0, 2.0))
    """
    return _ValueAndGradient(f, argnums)


class _ValueAndGradient:
    """What `value_and_grad` returns: an object, so that it can be pickled if f can."""

    def __init__(self, f: Callable[..., Any], argnums: Argnums) -> None:
        if not callable(f):
            raise TypeError(f"grad: a function is needed, not {type(f).__name__}")
        functools.update_wrapper(self, f)
        self._f = f
        self._several = not isinstance(argnums, int)
        self._argnums = tuple(argnums) if isinstance(argnums, Sequence) else (argnums,)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._of(args, kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        kind = "grad" if isinstance(self, _Gradient) else "value_and_grad"
        return f"<{kind} of {getattr(self._f, '__qualname__', self._f)!s}>"

    def _of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """The value and the gradient at some arguments."""
        places = [_place(i, len(args)) for i in self._argnums]
        outside = modes.is_recording()
        leaves = [x for i in places for x in leaves_of(args[i], f"argument {i}")]
        nested = outside and any(map(is_variable, leaves))
        clock.tick()  # what f computes from here on is younger than what it closes over
        with modes.recording():
            wrapped = {i: _variables(args[i], f"argument {i}") for i in dict.fromkeys(places)}
            inputs = [leaf for i in places for leaf in leaves_of(wrapped[i])]
            given = [wrapped.get(i, argument) for i, argument in enumerate(args)]
            output = _scalar(self._f(*given, **kwargs))  # which may change what it is given
            inputs = [v.first for v in inputs]  # or write into it
            found, recorded = _found(output, inputs, True if nested else None if outside else False)
        rest = map(_as_given, found, leaves)
        result = [map_leaves(lambda leaf, where: next(rest), args[i]) for i in places]
        value = output if recorded or not is_variable(output) else _plain(output)
        return value, tuple(result) if self._several else result[0]


class _Gradient(_ValueAndGradient):
    """What `grad` returns."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._of(args, kwargs)[1]


def _found(output: Any, inputs: list[Any], record: bool | None) -> tuple[list[Any], bool]:
    """The gradients, and whether they are variables."""
    if is_variable(output):
        return gradients_and_whether_recorded(output, inputs, record=record)
    if inputs:
        warnings.warn(
            "grad: f returned a plain number, which depends on nothing: its gradient is 0. Was "
            "the graph cut, by .item(), .detach() or .data?",
            UserWarning,
            stacklevel=4,
        )
    return [0.0 if v.__class__ is Value else np.zeros(v.shape, v.dtype) for v in inputs], False


def _place(i: int, count: int) -> int:
    if not -count <= i < count:
        raise TypeError(
            f"grad: differentiates by positional argument {i}, but {count} were given; "
            "choose others with argnums"
        )
    return i % count


def _variables(argument: Any, name: str) -> Any:
    """The argument with a fresh variable in place of each number and array."""

    def fresh(leaf: Any, where: str) -> Any:
        if is_variable(leaf):  # its own node, from which the way back leads on to the outer one
            return PRIMITIVES["positive"].function(leaf)
        if isinstance(leaf, float | int | np.integer) and not isinstance(leaf, bool):
            return Value(leaf)
        if isinstance(leaf, np.ndarray | np.floating):
            return Tensor(leaf)
        raise TypeError(
            f"grad: {name}{where} is of type {type(leaf).__name__}; numbers, arrays and nested "
            "dicts, lists and tuples of them can be differentiated by"
        )

    return map_leaves(fresh, argument)


def _scalar(output: Any) -> Any:
    """What f returned, if it is one number."""
    if is_variable(output):
        if output.ndim:
            raise ValueError(
                f"grad: f returned shape {output.shape}, and one number is needed: "
                "reduce it with sum() or mean()"
            )
        return output
    if isinstance(output, float | int | np.floating | np.integer) or (
        isinstance(output, np.ndarray) and output.ndim == 0 and output.dtype.kind in "fiu"
    ):
        return output
    shape = f" of shape {output.shape}" if isinstance(output, np.ndarray) else ""
    raise TypeError(f"grad: f returned {type(output).__name__}{shape}, and one number is needed")


def _as_given(gradient: Any, leaf: Any) -> Any:
    """A gradient in the form of the number, array or variable that it is for."""
    if is_variable(gradient) or not isinstance(leaf, np.ndarray | Tensor):
        return gradient
    floating = leaf.dtype.kind == "f"  # of any byte order
    return np.asarray(gradient, dtype=leaf.dtype if floating else None)


def _plain(output: Any) -> Any:
    return output.detach() if output.__class__ is Value or output.ndim else output.item()
