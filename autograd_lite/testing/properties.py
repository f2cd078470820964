"""`gradient_property`: one line that makes a Hypothesis test of a gradient."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis.strategies as st
from hypothesis import example, given, reject

from autograd_lite.engine.primitive import Primitive
from autograd_lite.testing.calls import Point
from autograd_lite.testing.check import NotFinite, check_gradient
from autograd_lite.testing.layers import check_layer, check_module
from autograd_lite.testing.strategies import listed_points, points_for, tensors, values


def gradient_property(
    f: Any,
    *strategies: Any,
    gradient: Any = None,
    pullback: Callable[..., Any] | None = None,
    wrt: Any = None,
    order: int = 1,
    **named: Any,
) -> Callable[[], None]:
    """A Hypothesis test: the gradient of f is right at whatever points the strategies draw.

    Args:
        f: the function; or a layer with `forward` and `backward`, or a module; or a primitive,
            without strategies, which knows its own domain and kinks.
        strategies: for each argument in order a strategy; or the shape of an array, `(2, 3)`, or
            `()` for a number, of numbers between −3 and 3; or a plain number or array, which
            stays as it is.
        gradient, pullback, wrt, order: as in `check_gradient`.
        named: the same as `strategies`, by the names of f's arguments.

    Returns:
        The test, a function without arguments. pytest finds it under a name that starts with
        `test_`; `hypothesis.settings` apply to it as to any other.

    Raises:
        TypeError: if an argument of f is missing, or one is given that f has not.

    >>> import numpy as np
    >>> test_tanh = gradient_property(np.tanh, (2, 3), gradient=lambda x: 1 - np.tanh(x) ** 2)
    >>> test_tanh()
    >>> test_product = gradient_property(lambda x, w: np.sum(x @ w), x=(2, 3), w=(3,))
    >>> test_product()
    """
    primitive = f if isinstance(f, Primitive) else getattr(f, "primitive", None)
    if primitive is not None and not strategies and not named:
        return _primitive_property(primitive, order)
    options = {"gradient": gradient, "pullback": pullback, "wrt": wrt, "order": order}
    compare = _comparison(f, {name: x for name, x in options.items() if x is not None})
    call = getattr(f, "forward", f)
    names = _order(call, named, len(strategies))
    drawn = [*(as_strategy(s) for s in strategies), *(as_strategy(named[n]) for n in names)]

    def check(*args: Any) -> None:
        __tracebackhide__ = True
        try:
            compare(*args)
        except NotFinite:
            reject()  # no point to check a gradient at

    return _test(f, check, drawn, _names(call, len(drawn)))


def _comparison(f: Any, options: dict[str, Any]) -> Callable[..., Any]:
    """The check that fits what is tested: a layer, a module, or a function."""
    if hasattr(f, "named_parameters"):
        return functools.partial(check_module, f, **options)
    if hasattr(f, "forward") and hasattr(f, "backward"):
        if options != {"order": 1}:
            raise TypeError(
                f"gradient_property: {type(f).__name__} is a layer with its own backward; of the "
                "options only strategies apply"
            )
        return functools.partial(check_layer, f)
    return functools.partial(check_gradient, f, **options)


def _primitive_property(primitive: Primitive, order: int) -> Callable[[], None]:
    """At random points, and first at those that every run should meet."""

    def check(point: Any) -> None:
        __tracebackhide__ = True
        for each in [point] if isinstance(point, Point) else point:
            try:
                check_gradient(each, *each.operands, order=order)
            except Exception as error:
                if each is not point:
                    error.add_note(f"Failing example: {each!r}")
                raise

    test = _test(primitive.function, check, [points_for(primitive)], ["point"])
    return example(point=_Listed(primitive))(test)


class _Listed:
    """The points that every run should meet, made when they are asked for."""

    def __init__(self, primitive: Primitive) -> None:
        self._primitive = primitive

    def __iter__(self) -> Iterator[Point]:
        return iter(listed_points(self._primitive))

    def __repr__(self) -> str:
        return "every one listed"


def _test(
    f: Any, check: Callable[..., None], strategies: list[Any], names: list[str]
) -> Callable[[], None]:
    """`check` as a Hypothesis test, whose counterexamples name the arguments."""

    def test(**drawn: Any) -> None:
        __tracebackhide__ = True
        check(*drawn.values())

    name = getattr(f, "__name__", type(f).__name__)
    test.__name__ = test.__qualname__ = name if name.isidentifier() else "gradient"
    test.__doc__ = f"The gradient of {name} agrees with numerical differentiation."
    return given(**dict(zip(names, strategies, strict=True)))(test)


def as_strategy(s: Any) -> st.SearchStrategy[Any]:
    """A strategy as it is; of a shape, arrays of that shape; of anything else, just that."""
    if isinstance(s, st.SearchStrategy):
        return s
    if isinstance(s, tuple) and all(isinstance(n, int) for n in s):
        return tensors(s) if s else values()
    return st.just(s)


def _order(f: Any, named: dict[str, Any], given: int) -> list[str]:
    """The names given, in the order of f's arguments."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (ValueError, TypeError):
        return list(named)
    known = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    unknown = [name for name in named if name not in known[given:]]
    if unknown and len(known) == len(parameters):
        raise TypeError(
            f"gradient_property: {unknown[0]!r} is no argument of {getattr(f, '__name__', f)}"
            f"({', '.join(known)}) that is still to be given"
        )
    needed = [
        p.name
        for p in parameters[given:]
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    missing = [name for name in needed if name not in named]
    if missing:
        raise TypeError(f"gradient_property: a strategy is needed for {', '.join(missing)}")
    return [name for name in known if name in named]


def _names(f: Any, count: int) -> list[str]:
    """Names for the counterexample: f's own, or x1, x2, …"""
    try:
        names = [p.name for p in inspect.signature(f).parameters.values() if p.kind < 2]
    except (ValueError, TypeError):
        names = []
    return [*names, *(f"x{i + 1}" for i in range(len(names), count))][:count]
