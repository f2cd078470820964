"""Matrices in memory, and what a product of two of them is, for those who write its code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

Strides = tuple[int, int]


@dataclass(frozen=True)
class Product:
    """c = a·b, or c + a·b; a is of m rows and k columns, b of k and n, c of m and n.

    A matrix lies anywhere in memory: its strides are the distances of a row from the next, and of a
    column from the next, in numbers. A vector a is a row (m = 1), a vector b is a column (n = 1).
    """

    m: int
    n: int
    k: int
    a: Strides
    b: Strides
    c: Strides
    bits: int = 64
    """Of a number: 64 or 32."""
    accumulate: bool = False
    """Whether it is added to what stands in c."""

    @property
    def name(self) -> str:
        """What the function is called: the same for the same product."""
        numbers = (self.m, self.n, self.k, *self.a, *self.b, *self.c)
        text = "_".join(map(str, numbers)).replace("-", "m")
        return f"product{self.bits}_{text}{'_more' if self.accumulate else ''}"

    @property
    def kind(self) -> str:
        """The type of a number."""
        return "double" if self.bits == 64 else "float"

    def turned(self) -> Product:
        """cᵀ = bᵀ·aᵀ."""
        a, b, c = self.b[::-1], self.a[::-1], self.c[::-1]
        return replace(self, m=self.n, n=self.m, a=a, b=b, c=c)


class Function(NamedTuple):
    """A function `void @name(ptr %a, ptr %b, ptr %c)`, to be called by its name."""

    name: str
    declared: tuple[str, ...]
    """Lines that stand once in a module, whatever functions need them."""
    definition: str


def head_of(product: Product) -> str:
    """The first line of the function of a product."""
    return f"define internal void @{product.name}(ptr %a, ptr %b, ptr noalias %c) nounwind {{"


def has_rows(strides: Strides, columns: int) -> bool:
    """Whether the numbers of a row lie one behind the other."""
    return strides[1] == 1 or columns == 1
