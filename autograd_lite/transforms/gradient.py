"""Transforms of functions: `grad` and `value_and_grad`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.reverse import gradients
from autograd_lite.engine.tensor import Tensor, is_variable
from autograd_lite.engine.value import Value
from autograd_lite.primitives.elementwise import positive
from autograd_lite.transforms.trees import leaves_of, map_leaves

Argnums = int | Sequence[int]

_depth: ContextVar[int] = ContextVar("depth", default=0)


def grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that computes ∂f/∂argument.

    Args:
        f: takes numbers, arrays, or nested dicts, lists and tuples of them; returns one number.
        argnums: which positional argument to differentiate by; a tuple of them gives a tuple.

    Returns:
        A function of the same arguments. Floats run through f as Values and arrays as Tensors;
        what comes back is plain, of the same structure, each leaf of its argument's dtype.
        Calls may be nested for derivatives of any order.

    Raises:
        TypeError: if f returns no number, or an argument to differentiate by is none.
        ValueError: if f returns an array with axes.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda p: p["a"] * p["b"])({"a": 2.0, "b": 5.0})
    {'a': 5.0, 'b': 2.0}
    """
    both = value_and_grad(f, argnums)

    @functools.wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., tuple[Any, Any]]:
    """The function that computes (f, ∂f/∂argument) in one go; see `grad`.

    >>> value_and_grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 5.0)
    (10.0, (5.0, 2.0))
    """
    if not callable(f):
        raise TypeError(f"grad: a function is needed, not {type(f).__name__}")
    several = not isinstance(argnums, int)
    indices = tuple(argnums) if isinstance(argnums, Sequence) else (argnums,)

    @functools.wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        places = [_place(i, len(args)) for i in indices]
        plain = [args[i] for i in places]
        leaves = [x for i in places for x in leaves_of(args[i], f"argument {i}")]
        again = modes.is_recording() and (_depth.get() > 0 or any(map(is_variable, leaves)))
        token = _depth.set(_depth.get() + 1)
        try:
            with modes.recording():
                wrapped = [_variables(args[i], f"argument {i}") for i in places]
                inputs = leaves_of(wrapped)  # now: f may change what it is given
                given = list(args)
                for i, argument in zip(places, wrapped, strict=True):
                    given[i] = argument
                output = _scalar(f(*given, **kwargs))
                found = (
                    gradients(output, inputs, record=again)
                    if is_variable(output)
                    else [_nothing(v) for v in inputs]
                )
        finally:
            _depth.reset(token)
        rest = map(_as_given, found, inputs)
        result = [map_leaves(lambda leaf, where: next(rest), x) for x in plain]
        value = output if again or not is_variable(output) else _plain(output)
        return value, tuple(result) if several else result[0]

    return value_and_gradient


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
        if is_variable(leaf):
            return positive(leaf)  # its own node, from which the way back leads on to the outer one
        if isinstance(leaf, float | int) and not isinstance(leaf, bool):
            return Value(leaf)
        if isinstance(leaf, np.ndarray | np.floating | np.integer):
            return Tensor(leaf) if isinstance(leaf, np.ndarray) else Value(leaf)
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


def _nothing(v: Any) -> Any:
    return 0.0 if v.__class__ is Value else np.zeros(v.shape, v.dtype)


def _as_given(gradient: Any, v: Any) -> Any:
    """A gradient in the form of the variable that it is for."""
    if v.__class__ is Tensor and not is_variable(gradient):
        return np.asarray(gradient)
    return gradient


def _plain(output: Any) -> Any:
    return output.detach() if output.__class__ is Value or output.ndim else output.item()
