"""Checks that take any declaration of one module, with the calls that its `cases` list: NumPy's own
function is the oracle of values, dtypes, shapes, and of which results share memory with which
operands; central differences are that of the first and second derivatives.
"""

from __future__ import annotations

import functools
import inspect
import operator
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from autograd_lite import Tensor, gradients, numerical_gradient
from autograd_lite.engine.primitive import COMPOSED, PRIMITIVES, Declared
from autograd_lite.engine.variable import Variable

SHAPES = ((), (3,), (2, 3), (1, 2, 2), (0,), (2, 0), (1,), (3, 3))

LAYOUTS = ("C", "F", "backwards", "gaps")


@dataclass(frozen=True)
class Call:
    """One call that a declaration lists."""

    declared: Declared
    shapes: tuple[Any, ...]
    args: tuple[Any, ...]
    kwargs: Any

    def of(self, function: Any, operands: list[Any]) -> Any:
        """The call of a function with these operands, in a list if it takes one."""
        given = [operands] if takes_list(self.declared) else operands
        return function(*given, *self.args, **self.kwargs)

    def oracle(self, operands: list[Any]) -> Any:
        """What NumPy gives for plain arrays."""
        if self.declared.numpy:
            return self.of(self.declared.numpy[0], operands)
        return getattr(operands[0], self.declared.name)(*self.args, **self.kwargs)

    def __str__(self) -> str:
        return f"{self.declared.name}-{self.shapes}-{self.args}-{self.kwargs}"


def takes_list(declared: Declared) -> bool:
    """Whether the function takes its operands in a sequence."""
    return next(iter(inspect.signature(declared.function).parameters)) in ("arrays", "tup")


def declared_in(*modules: ModuleType) -> list[Declared]:
    """What these modules declare, with cases, for NumPy's functions, or as methods of the same
    name."""
    names = {module.__name__ for module in modules}
    return [
        one
        for one in (*PRIMITIVES.values(), *COMPOSED.values())
        if one.function.__module__ in names
        and (one.numpy or hasattr(np.ndarray, one.name))
        and getattr(one, "cases", None)
    ]


def each_call(one: Declared, check: Any, *args: Any) -> None:
    """Make a check of every call that the declaration lists, of small shapes."""
    for call in calls_of(one):
        try:
            check(call, *args)
        except Exception as error:
            error.add_note(f"in the call {call}")
            raise


def calls_of(one: Declared) -> Iterator[Call]:
    """Every call that the declaration lists, of small shapes."""
    for shape in SHAPES:
        for shapes, args, kwargs in one.cases(shape):  # type: ignore[attr-defined]
            yield Call(one, shapes, args, kwargs)


def arrays(call: Call, dtype: Any = float, layout: str = "C") -> list[Any]:
    """Operands of the call: numbers that all differ, by 0.1 at least, and keep off 0."""
    rng = np.random.default_rng(zlib.crc32(str(call.shapes).encode()))
    total = sum(int(np.prod(shape)) for shape in call.shapes)
    numbers = (rng.permutation(total) + 1.0) * 0.17 * (-1.0) ** np.arange(total)
    positive = any(low > 0 for interval in call.declared.domain for low, _ in interval[:1])
    numbers = (abs(numbers) if positive else numbers).astype(dtype)
    made, start = [], 0
    for shape in call.shapes:
        size = int(np.prod(shape))
        made.append(laid_out(numbers[start : start + size].reshape(shape), layout))
        start += size
    return made


def laid_out(array: Any, layout: str) -> Any:
    """The same numbers, otherwise in memory."""
    if layout == "F":
        return np.asfortranarray(array).reshape(array.shape)
    if layout == "C" or not array.ndim:
        return array
    step = -1 if layout == "backwards" else 2
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    view = wide[..., ::step][..., : array.shape[-1]]
    view[...] = array
    return view


def results(z: Any) -> list[Any]:
    """The results of a call, one or several."""
    return list(z) if isinstance(z, tuple | list) else [z]


def plain(x: Any) -> Any:
    return x.detach() if isinstance(x, Variable) else x


def check_values(call: Call, layout: str) -> None:
    """The values, dtype and shape of NumPy, of float64 and float32; of plain arrays as well."""
    for dtype in (np.float64, np.float32):
        given = arrays(call, dtype, layout)
        expected = results(call.oracle(given))
        functions = [call.declared.function, *call.declared.numpy]
        for function in functions:
            for made in ([Tensor(x, copy=False) for x in given], given):
                found = results(call.of(function, made))
                assert len(found) == len(expected)
                for f, e in zip(found, expected, strict=True):
                    same(plain(f), e)
        if call.declared.method and hasattr(np.ndarray, call.declared.method):
            first, *rest = (Tensor(x, copy=False) for x in given)
            found = getattr(first, call.declared.method)(*rest, *call.args, **call.kwargs)
            for f, e in zip(results(found), expected, strict=True):
                same(plain(f), e)


def same(found: Any, expected: Any) -> None:
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    rough = 8 * np.finfo(expected.dtype).eps if expected.dtype.kind in "fc" else 0
    most = np.max(np.abs(expected), initial=1.0)
    np.testing.assert_allclose(found, expected, rtol=rough, atol=rough * most)


def variable(array: Any, layout: str) -> Any:
    """A Tensor of these numbers, laid out so in memory: a view of a leaf."""
    if layout == "C" or not array.ndim:
        return Tensor(array)
    if layout == "F":
        return Tensor(array.T.copy()).T
    wide = np.repeat(array, 2, axis=-1)
    return (
        Tensor(wide)[..., ::2] if layout == "gaps" else Tensor(array[..., ::-1].copy())[..., ::-1]
    )


def check_memory(call: Call, layout: str) -> None:
    """A result shares memory with an operand exactly where NumPy's does. (Numbers without axes have
    none to share, and neither has what is empty.)"""
    operands = [variable(x, layout) for x in arrays(call)]
    held = [x.detach() for x in operands]
    expected = results(call.oracle(held))
    found = results(call.of(call.declared.function, operands))
    for f, e in zip(found, expected, strict=True):
        for x in held:
            if np.ndim(e) and np.size(e) and x.ndim:
                assert np.shares_memory(plain(f), x) == np.shares_memory(e, x)


def cotangent(shape: tuple[int, ...], start: int) -> Any:
    """Weights that all differ."""
    rng = np.random.default_rng(start)
    return rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape)


def weighted(z: Any) -> Any:
    """Σ c·z² over all results: not linear, so that the second derivative shows what it should."""
    parts = [np.sum(cotangent(np.shape(r), i) * r * r) for i, r in enumerate(results(z))]
    return functools.reduce(operator.add, parts, 0.0)


def check_derivatives(call: Call) -> None:
    """The first and second derivatives, through NumPy's own function."""
    given = arrays(call)
    function = call.declared.numpy[0] if call.declared.numpy else call.declared.function
    leaves = [Tensor(x) for x in given]
    total = weighted(call.of(function, leaves))
    if not isinstance(total, Variable):
        return  # nothing in it, as in an empty unstack
    first = gradients(total, leaves, record=True)
    directions = [cotangent(x.shape, 50 + i) for i, x in enumerate(given)]
    along = functools.reduce(
        operator.add, (np.sum(g * d) for g, d in zip(first, directions, strict=True))
    )
    second = gradients(along, leaves)

    def slope(operands: list[Any]) -> float:
        others = [Tensor(x) for x in operands]
        gs = gradients(weighted(call.of(function, others)), others)
        return float(sum(np.sum(g * d) for g, d in zip(gs, directions, strict=True)))

    for i, x in enumerate(given):

        def value_at(y: Any, i: int = i) -> float:
            return float(weighted(call.oracle([*given[:i], np.asarray(y), *given[i + 1 :]])))

        def slope_at(y: Any, i: int = i) -> float:
            return slope([*given[:i], np.asarray(y), *given[i + 1 :]])

        assert first[i].shape == x.shape
        near = numerical_gradient(value_at, x, 6e-6)
        np.testing.assert_allclose(first[i].detach(), near, rtol=1e-5, atol=1e-6)
        near = numerical_gradient(slope_at, x, 6e-6)
        np.testing.assert_allclose(second[i], near, rtol=1e-5, atol=1e-6)


def agrees_with_numpy(f: Any, *arrays: Any) -> None:
    """f of Tensors against f of plain arrays, and its first and second derivatives against central
    differences; float32 stays what NumPy makes of it."""
    for dtype in (np.float64, np.float32):
        given = [np.asarray(x, dtype) for x in arrays]
        for found, expected in zip(
            results(f(*map(Tensor, given))), results(f(*given)), strict=True
        ):
            same(plain(found), expected)
    leaves = [Tensor(x) for x in arrays]
    first = gradients(weighted(f(*leaves)), leaves, record=True)
    directions = [cotangent(x.shape, 50 + i) for i, x in enumerate(arrays)]

    def slope(*operands: Any) -> Any:
        others = [x if isinstance(x, Variable) else Tensor(x) for x in operands]
        gs = gradients(weighted(f(*others)), others, record=True)
        return functools.reduce(
            operator.add, (np.sum(g * d) for g, d in zip(gs, directions, strict=True))
        )

    second = gradients(slope(*leaves), leaves)
    for i, x in enumerate(arrays):

        def moved(g: Any, y: Any, i: int = i) -> float:
            return float(plain(g(*arrays[:i], np.asarray(y), *arrays[i + 1 :])))

        near = numerical_gradient(lambda y, i=i: moved(lambda *z: weighted(f(*z)), y, i), x, 6e-6)
        np.testing.assert_allclose(first[i].detach(), near, rtol=1e-5, atol=1e-6)
        near = numerical_gradient(lambda y, i=i: moved(slope, y, i), x, 6e-6)
        np.testing.assert_allclose(second[i], near, rtol=1e-5, atol=1e-6)
