"""Less memory for a second run: `checkpoint`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from autograd_lite.engine import clock, modes
from autograd_lite.engine.batch import Batched, is_traced
from autograd_lite.engine.forward import together
from autograd_lite.engine.graph import older_below
from autograd_lite.engine.primitive import PRIMITIVES
from autograd_lite.engine.reverse import gradients_and_whether_recorded
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import is_variable
from autograd_lite.transforms.calls import as_argument, check_function, outputs_of
from autograd_lite.transforms.nodes import recorded_as_one
from autograd_lite.transforms.trees import leaves_of, map_leaves, with_leaves

F = TypeVar("F", bound=Callable[..., Any])


def checkpoint(f: F) -> F:
    """The function f, of which only the result is kept for the reverse pass: what happened within
    is computed again when the pass gets there. A chain of n equal steps, each a checkpoint, holds
    n results and the graph of one step at a time, at the price of a second run of each step.

    Args:
        f: takes and returns numbers, arrays, variables and nested containers of them. It must give
            the same whenever it is called with the same arguments: no random numbers of its own.
            What it writes into a variable that it is given stays within.

    Returns:
        A function of the same arguments, whose derivatives are those of f in every transform;
        variables that f closes over get their gradients as well. Where a derivative is to be
        differentiated again, nothing is saved: all that happened within is kept.

    Raises:
        ValueError: in the reverse pass, if f gives something else than before, or a variable that
            it closes over has other data.

    Source: Griewank and Walther, "Algorithm 799: revolve" (2000); Chen et al., "Training deep nets
    with sublinear memory cost" (2016).

    >>> from autograd_lite import grad, sin
    >>> step = checkpoint(lambda x: sin(sin(sin(x))))
    >>> grad(lambda x: step(step(x)))(0.0)
    1.0
    """
    check_function("checkpoint", f)
    name = getattr(f, "__name__", "function").strip("<>")

    @functools.wraps(f)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not modes.is_recording():
            return f(*args, **kwargs)
        given = (args, kwargs)
        variables = [x.node for x in leaves_of(given) if is_variable(x)]
        epoch = clock.tick()
        fresh = [_leaf(x.detach(), x) for x in variables]
        output = outputs_of("checkpoint", _run(f, given, fresh))
        results = leaves_of(output)
        fresh = [x.first for x in fresh]  # f may write into what it is given
        closed = older_below(results, fresh, epoch)
        operands = [*variables, *closed]
        if not operands:
            return output
        values = [x.detach() if is_variable(x) else x for x in results]
        back = functools.partial(_back, f, _without_variables(given), values, variables, closed)
        made = iter(recorded_as_one(name, operands, results, back))
        return with_leaves(output, made)

    return call  # type: ignore[return-value]


class _Place:
    """Where a variable stood among the arguments."""


def _without_variables(given: Any) -> Any:
    return map_leaves(lambda leaf, where: _Place() if is_variable(leaf) else leaf, given)


def _run(f: Callable[..., Any], given: Any, variables: Sequence[Any]) -> Any:
    """f with these in place of the variables among its arguments."""
    rest = iter(variables)

    def instead(leaf: Any, where: str) -> Any:
        return next(rest) if is_variable(leaf) or leaf.__class__ is _Place else leaf

    args, kwargs = map_leaves(instead, given)
    return f(*args, **kwargs)


def _leaf(numbers: Any, like: Any) -> Any:
    """A leaf of these numbers, of the kind of a variable."""
    return as_argument(Value(numbers) if like.__class__ is Value else Tensor(numbers))


def _back(
    f: Callable[..., Any],
    given: Any,
    values: list[Any],
    variables: list[Any],
    closed: list[Any],
    gs: tuple[Any, ...],
    operands: Sequence[Any],
    recording: bool,
) -> Sequence[Any]:
    """The gradients of the operands, by another run of f; see `nodes.Back`."""
    _check_unchanged(closed, operands[len(variables) :])
    clock.tick()
    with modes.recording():
        positive = PRIMITIVES["positive"].function
        fresh = [
            positive(x) if is_variable(x) else _leaf(x, like)
            for x, like in zip(operands, variables, strict=False)
        ]
        results = leaves_of(outputs_of("checkpoint", _run(f, given, fresh)))
        _check_same(values, results)
        places = [i for i, x in enumerate(results) if is_variable(x)]
        if not places:
            return [None] * len(operands)
        starts = [gs[i] for i in places]
        whole = together([results[i] for i in places])
        start = starts[0] if len(starts) == 1 else dict(enumerate(starts))
        inputs = [*(x.first for x in fresh), *closed]
        return gradients_and_whether_recorded(whole, inputs, start, recording, apart=True)[0]


def _check_unchanged(closed: list[Any], held: Sequence[Any]) -> None:
    """Whether the variables that f closes over hold what they did."""
    for x, was in zip(closed, held, strict=True):
        if not is_variable(was) and not _is_same(x.detach(), was):
            raise ValueError(
                "checkpoint: the data of a variable that the function closes over was replaced "
                "after it ran; give it as an argument, or run the function anew"
            )


def _is_same(a: Any, b: Any) -> bool:
    """Whether two arrays, or batches of them, hold the same numbers."""
    a, b = (x.numbers() if isinstance(x, Batched) else x for x in (a, b))
    return np.array_equal(a, b, equal_nan=True)


def _check_same(values: list[Any], results: list[Any]) -> None:
    """Whether f gave what it gave before."""
    again = [x.detach() if is_variable(x) else x for x in results]
    if len(again) != len(values) or not all(
        is_traced(a) or is_traced(b) or _is_same(a, b) for a, b in zip(again, values, strict=True)
    ):
        raise ValueError(
            "checkpoint: the function gave something else when it was run again; it must depend "
            "on nothing but its arguments, and draw no random numbers"
        )
