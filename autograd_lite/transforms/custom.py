"""A derivative of one's own: `custom_gradient`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from autograd_lite.engine import clock, modes
from autograd_lite.engine.graph import older_below
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.variable import is_variable
from autograd_lite.transforms.calls import check_function, outputs_of
from autograd_lite.transforms.nodes import recorded_as_one
from autograd_lite.transforms.trees import leaves_beside, leaves_of, with_leaves

F = TypeVar("F", bound=Callable[..., Any])


def custom_gradient(f: F) -> F:
    """The function f with a gradient of your own: more accurate, cheaper, or another one.

    Args:
        f: returns a pair (value, pull). The value is computed as usual. pull takes the gradient g
            of the value and returns that of each positional argument, as a tuple, or, if there is
            but one argument, as it is; None for an argument that gets none. Arguments and values
            may be numbers, arrays, variables and nested containers of them, and g and the
            gradients have their structure.

    Returns:
        A function of the same arguments that gives the value alone. It works for Values and
        Tensors, and in every transform. To differentiate twice, and for forward mode, pull is run
        on Values and Tensors: it must then consist of functions that can be differentiated.

    Raises:
        TypeError: if f does not return such a pair, or the value depends on a variable that is no
            positional argument: pull says nothing of its gradient. (If it is to get none, use
            x.detach().)
        ValueError: if pull does not give a gradient for each argument, of its structure and shape.

    Formula: the function has the value that f computes, and where the chain rule asks for
    g·∂value/∂argument it takes pull(g).

    >>> from autograd_lite import grad, exp, log
    >>> @custom_gradient
    ... def log1pexp(x):
    ...     e = exp(x)
    ...     return log(1.0 + e), lambda g: g * (1.0 - 1.0 / (1.0 + e))
    >>> grad(log1pexp)(0.0), grad(grad(log1pexp))(0.0)
    (0.5, 0.25)
    >>> grad(log1pexp)(100.0)
    1.0
    """
    check_function("custom_gradient", f)
    name = getattr(f, "__name__", "function").strip("<>")

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        variables = [x.node for x in leaves_of(args) if is_variable(x)]
        if not variables or not modes.is_recording():
            return _pair(name, f(*args, **kwargs))[0]
        epoch = clock.tick()
        output, pull = _pair(name, f(*args, **kwargs))
        output = outputs_of(name, output)
        results = leaves_of(output)
        if older_below(results, variables, epoch):
            raise TypeError(
                f"{name}: with custom_gradient its value depends on a variable that is no "
                "positional argument, of which the gradient would be lost: make it an argument, "
                "or a constant with .detach()"
            )
        back = functools.partial(_back, name, pull, args, output)
        found = iter(recorded_as_one(name, variables, results, back))
        return with_leaves(output, found)

    return call  # type: ignore[return-value]


def _pair(name: str, returned: Any) -> tuple[Any, Any]:
    if not isinstance(returned, tuple) or len(returned) != 2 or not callable(returned[1]):
        raise TypeError(
            f"{name}: with custom_gradient it must return (value, pull), where pull takes the "
            f"gradient of the value; it returned {type(returned).__name__}"
        )
    return returned


def _back(
    name: str,
    pull: Callable[[Any], Any],
    args: tuple[Any, ...],
    output: Any,
    gs: tuple[Any, ...],
    operands: Sequence[Any],
    recording: bool,
) -> list[Any]:
    """The gradient of each variable among the arguments; see `nodes.Back`."""
    g = with_leaves(output, map(_as_number, gs))
    with modes.recording() if recording else modes.no_grad():
        given = pull(g)
    if len(args) == 1 and not (isinstance(given, tuple) and len(given) == 1):
        given = (given,)
    if not isinstance(given, tuple | list) or len(given) != len(args):
        count = len(given) if isinstance(given, tuple | list) else type(given).__name__
        raise ValueError(
            f"{name}: its pull must return a tuple of a gradient for each of {len(args)} "
            f"arguments, not {count}"
        )
    found: list[Any] = []
    for i, (argument, part) in enumerate(zip(args, given, strict=True)):
        leaves = leaves_of(argument)
        if part is None or not any(map(is_variable, leaves)):
            found += [None for x in leaves if is_variable(x)]
            continue
        what = f"the gradient that pull gives for argument {i}"
        found += [
            _checked(name, leaf, p, recording, what + where)
            for leaf, p, where in leaves_beside(argument, part, name, what)
            if is_variable(leaf)
        ]
    return found


def _as_number(g: Any) -> Any:
    return float(g) if g.__class__ is np.float64 else g


def _checked(name: str, x: Any, part: Any, recording: bool, what: str) -> Any:
    """A gradient that pull gave for the variable x."""
    if is_variable(part):
        part = part if recording else part.detach()
    elif not isinstance(part, np.ndarray | np.generic | StandIn | float | int | complex):
        raise TypeError(f"{name}: {what} is of type {type(part).__name__}; numbers are needed")
    shape = getattr(part, "shape", ())
    if shape not in (x.shape, ()):
        raise ValueError(f"{name}: {what} has shape {part.shape}, and {x.shape} is needed")
    if isinstance(part, np.ndarray | np.generic | float | int) and x.shape and not shape:
        return np.full(x.shape, part)
    return np.asarray(part)[()] if isinstance(part, int | float | complex) else part
