"""A small language in which an elementary function is written once: terms of a builder.

A function takes and gives `Float`s; on the way it uses `Int`s (the bits of a float, as many as a
float has) and `Bool`s. It has no branches: where two formulas meet, both are computed and one is
chosen, so that the same code is right for a number and for a vector of them. What a term is made
of, a `Builder` decides: instructions of LLVM, text of C, arrays of NumPy.

Nothing here needs, or is harmed by, a fused multiply-add: where the error of a product is wanted,
the factors are cut so that the product is exact (`Float.high`). Products and sums must not be
reordered.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

Handle = Any
"""What a builder knows a term by."""


class Builder(ABC):
    """What makes terms: floats of one format, integers of the same width, truth values.

    Integers wrap around; `lshr` shifts zeros in; integers compare as signed ones. A comparison
    with a nan is false.
    """

    width: int = 64
    """The bits of a float: 64 or 32."""

    @abstractmethod
    def number(self, x: float) -> Handle:
        """A constant float."""

    @abstractmethod
    def integer(self, i: int) -> Handle:
        """A constant integer, of `width` bits."""

    @abstractmethod
    def binary(self, operation: str, x: Handle, y: Handle) -> Handle:
        """`fadd fsub fmul fdiv` of floats; `add sub mul and or xor shl lshr` of integers; `both`
        and `either` of truth values."""

    @abstractmethod
    def compare(self, operation: str, x: Handle, y: Handle) -> Handle:
        """`flt fle feq` of floats; `lt eq` of integers."""

    @abstractmethod
    def unary(self, operation: str, x: Handle) -> Handle:
        """`bits` of a float, the `float` of such bits; `fneg fabs sqrt` of a float; `not`."""

    @abstractmethod
    def select(self, kind: str, condition: Handle, x: Handle, y: Handle) -> Handle:
        """x where the condition holds, y elsewhere; the kind is `float` or `int`."""

    @abstractmethod
    def rare(self, condition: Handle, name: str, x: Handle, usual: Handle) -> Handle:
        """The platform's own function of x where the condition, which is rare, holds."""


class Term:
    """A value that a builder has made."""

    __slots__ = ("builder", "handle")

    def __init__(self, builder: Builder, handle: Handle) -> None:
        self.builder = builder
        self.handle = handle


class Bool(Term):
    """A truth value."""

    __slots__ = ()

    def __and__(self, other: Bool) -> Bool:
        return Bool(self.builder, self.builder.binary("both", self.handle, other.handle))

    def __or__(self, other: Bool) -> Bool:
        return Bool(self.builder, self.builder.binary("either", self.handle, other.handle))

    def __invert__(self) -> Bool:
        return Bool(self.builder, self.builder.unary("not", self.handle))


class Int(Term):
    """An integer as wide as a float."""

    __slots__ = ()

    def _other(self, other: Int | int) -> Handle:
        return self.builder.integer(other) if isinstance(other, int) else other.handle

    def _binary(self, operation: str, other: Int | int) -> Int:
        return Int(self.builder, self.builder.binary(operation, self.handle, self._other(other)))

    def __add__(self, other: Int | int) -> Int:
        return self._binary("add", other)

    def __sub__(self, other: Int | int) -> Int:
        return self._binary("sub", other)

    def __mul__(self, other: Int | int) -> Int:
        return self._binary("mul", other)

    def __and__(self, other: Int | int) -> Int:
        return self._binary("and", other)

    def __or__(self, other: Int | int) -> Int:
        return self._binary("or", other)

    def __xor__(self, other: Int | int) -> Int:
        return self._binary("xor", other)

    def __lshift__(self, other: int) -> Int:
        return self._binary("shl", other)

    def __rshift__(self, other: int) -> Int:
        """Zeros come in from the left."""
        return self._binary("lshr", other)

    def __lt__(self, other: Int | int) -> Bool:
        return Bool(self.builder, self.builder.compare("lt", self.handle, self._other(other)))

    def equals(self, other: Int | int) -> Bool:
        return Bool(self.builder, self.builder.compare("eq", self.handle, self._other(other)))

    def as_float(self) -> Float:
        """The float that has these bits."""
        return Float(self.builder, self.builder.unary("float", self.handle))


class Float(Term):
    """A float of the builder's format."""

    __slots__ = ()

    def constant(self, x: float) -> Float:
        """A constant of the same builder."""
        return Float(self.builder, self.builder.number(x))

    def _other(self, other: Float | float) -> Handle:
        return other.handle if isinstance(other, Float) else self.builder.number(other)

    def _binary(self, operation: str, other: Float | float) -> Float:
        return Float(self.builder, self.builder.binary(operation, self.handle, self._other(other)))

    def _compare(self, operation: str, x: Handle, y: Handle) -> Bool:
        return Bool(self.builder, self.builder.compare(operation, x, y))

    def __add__(self, other: Float | float) -> Float:
        return self._binary("fadd", other)

    def __sub__(self, other: Float | float) -> Float:
        return self._binary("fsub", other)

    def __mul__(self, other: Float | float) -> Float:
        return self._binary("fmul", other)

    def __truediv__(self, other: Float | float) -> Float:
        return self._binary("fdiv", other)

    def __radd__(self, other: float) -> Float:
        return self.constant(other) + self

    def __rsub__(self, other: float) -> Float:
        return self.constant(other) - self

    def __rmul__(self, other: float) -> Float:
        return self.constant(other) * self

    def __rtruediv__(self, other: float) -> Float:
        return self.constant(other) / self

    def __neg__(self) -> Float:
        return Float(self.builder, self.builder.unary("fneg", self.handle))

    def __abs__(self) -> Float:
        return Float(self.builder, self.builder.unary("fabs", self.handle))

    def __lt__(self, other: Float | float) -> Bool:
        return self._compare("flt", self.handle, self._other(other))

    def __le__(self, other: Float | float) -> Bool:
        return self._compare("fle", self.handle, self._other(other))

    def __gt__(self, other: Float | float) -> Bool:
        return self._compare("flt", self._other(other), self.handle)

    def __ge__(self, other: Float | float) -> Bool:
        return self._compare("fle", self._other(other), self.handle)

    def equals(self, other: Float | float) -> Bool:
        return self._compare("feq", self.handle, self._other(other))

    def is_nan(self) -> Bool:
        return ~self.equals(self)

    def sqrt(self) -> Float:
        return Float(self.builder, self.builder.unary("sqrt", self.handle))

    def bits(self) -> Int:
        """Sign, exponent and mantissa, as an integer."""
        return Int(self.builder, self.builder.unary("bits", self.handle))

    def is_negative(self) -> Bool:
        """Whether the sign is set: of −0 and of a negative nan too."""
        return self.bits() < 0

    def high(self) -> Float:
        """The first 21 bits of a float64, so that the product of two such is exact."""
        return (self.bits() & ~0xFFFFFFFF).as_float()

    def with_sign_of(self, other: Float) -> Float:
        """|self|, with the sign of another."""
        sign = 1 << (self.builder.width - 1)
        return ((self.bits() & (sign - 1)) | (other.bits() & sign)).as_float()

    def at_most(self, bound: float) -> Float:
        """The smaller of the two; a nan stays."""
        return where(self > bound, self.constant(bound), self)

    def at_least(self, bound: float) -> Float:
        """The larger of the two; a nan stays."""
        return where(self < bound, self.constant(bound), self)

    def rarely(self, condition: Bool, name: str, x: Float) -> Float:
        """The platform's own function of x where the condition holds, this elsewhere."""
        builder = self.builder
        return Float(builder, builder.rare(condition.handle, name, x.handle, self.handle))


T = TypeVar("T", Float, Int)


def where(condition: Bool, x: T, y: T) -> T:
    """x where the condition holds, y elsewhere."""
    builder = condition.builder
    kind = "float" if isinstance(x, Float) else "int"
    return type(x)(builder, builder.select(kind, condition.handle, x.handle, y.handle))


def polynomial(x: Float, coefficients: Sequence[Float | float]) -> Float:
    """c₀ + c₁·x + c₂·x² + …, in pairs, pairs of pairs … (Estrin): few steps one after the other."""
    terms: list[Float | float] = list(coefficients)
    while len(terms) > 1:
        alone = terms[len(terms) & ~1 :]
        terms = [a + x * b for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms += alone
        x = x * x
    total = terms[0]
    return total if isinstance(total, Float) else x.constant(total)


def horner(x: Float, coefficients: Sequence[Float | float]) -> Float:
    """c₀ + x·(c₁ + x·(c₂ + …))."""
    last = coefficients[-1]
    total = last if isinstance(last, Float) else x.constant(last)
    for c in reversed(coefficients[:-1]):
        total = c + x * total
    return total


def two_sum(x: Float, y: Float) -> tuple[Float, Float]:
    """x + y as rounded, and what the rounding has lost (Knuth, TAOCP 2, 4.2.2)."""
    total = x + y
    part = total - x
    return total, (x - (total - part)) + (y - part)


ROUND = 1.5 * 2.0**52
"""Added to a float64 below 2⁵¹ it rounds to a whole number, which its low bits then are."""

ROUND_BITS: int = struct.unpack("<q", struct.pack("<d", ROUND))[0]


def nearest(x: Float) -> tuple[Float, Int]:
    """The whole number nearest to a float64 below 2⁵¹, as a float and as an integer."""
    shifted = x + ROUND
    return shifted - ROUND, shifted.bits() - ROUND_BITS


def power_of_two(k: Int) -> Float:
    """2ᵏ as a float64, for −1023 < k < 1024."""
    return ((k + 1023) << 52).as_float()


def scaled(x: Float, k: Int) -> Float:
    """x·2ᵏ for |k| < 2000, overflowing and underflowing as a product does."""
    half = ((k + 4096) >> 1) - 2048
    return x * power_of_two(half) * power_of_two(k - half)


class Elementary(NamedTuple):
    """An elementary function: its code for float64, and that for float32 if it has its own."""

    name: str
    arity: int
    double: Callable[..., Float]
    single: Callable[..., Float] | None = None


FUNCTIONS: dict[str, Elementary] = {}
"""The functions by name, as in C's math.h; filled by the modules `mathematics_…`."""


def elementary(function: Callable[..., Float]) -> Callable[..., Float]:
    """Put a function of float64 into the table, under its own name."""
    arity = function.__code__.co_argcount
    FUNCTIONS[function.__name__] = Elementary(function.__name__, arity, function)
    return function


def single(name: str) -> Callable[[Callable[..., Float]], Callable[..., Float]]:
    """Give a function that is in the table code of its own for float32."""

    def give(function: Callable[..., Float]) -> Callable[..., Float]:
        FUNCTIONS[name] = FUNCTIONS[name]._replace(single=function)
        return function

    return give
