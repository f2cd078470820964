"""Steps that are products of matrices, each by a function of `matmul`, in loops over what there is
besides rows, columns and terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd_lite.program.native import matmul
from autograd_lite.program.native.nests import Place, Product

WORTHWHILE = 4096
"""How many multiplications such a product has at least; smaller ones are written where they are."""


@dataclass(frozen=True)
class _Axis:
    """One or several axes that lie one in another, as one: its length, and how far its numbers lie
    from each other in the two operands and the result."""

    length: int
    left: int
    right: int
    out: int
    places: tuple[int, ...]


def matrix_product(step: Product) -> MatrixProduct | None:
    """The product that a step is; None if it is to be written out where it stands."""
    rows, columns, terms, others = [], [], [], []
    for a, n in enumerate(step.shape):
        if n == 1:
            continue
        left, right = step.left.coefficients[a], step.right.coefficients[a]
        out = step.out.coefficients[a] if step.out is not None else 0
        axis = _Axis(n, left, right, out, (a,))
        if a >= step.free:
            terms.append(axis)
        elif left and not right:
            rows.append(axis)
        elif right and not left:
            columns.append(axis)
        else:
            others.append(axis)
    if step.out is None:  # it will lie in order
        step_of = 1
        laid = {}
        for a in reversed(range(step.free)):
            laid[a] = step_of
            step_of *= step.shape[a]
        rows, columns, others = (
            [_Axis(x.length, x.left, x.right, laid[x.places[0]], x.places) for x in group]
            for group in (rows, columns, others)
        )
    row, more_rows = _one(rows)
    column, more_columns = _one(columns)
    term, more_terms = _one(terms)
    if more_terms or not all(x.left and x.right for x in terms):
        return None
    product = matmul.Product(
        row.length,
        column.length,
        term.length,
        (row.left, term.left),
        (term.right, column.right),
        (row.out, column.out),
    )
    size = product.m * product.n * product.k
    if min(product.m, product.n) < 2 or size < WORTHWHILE or 1 not in product.c:
        return None
    return MatrixProduct(step, product, [*others, *more_rows, *more_columns])


def _one(axes: Sequence[_Axis]) -> tuple[_Axis, list[_Axis]]:
    """The axis that is longest once those that lie one in another are one, and the others."""
    found: list[_Axis] = []
    for x in axes:
        if found:
            y, n = found[-1], x.length
            if (y.left, y.right, y.out) == (x.left * n, x.right * n, x.out * n):
                found[-1] = _Axis(y.length * n, x.left, x.right, x.out, (*y.places, *x.places))
                continue
        found.append(x)
    if not found:
        return _Axis(1, 0, 0, 0, ()), []
    longest = max(found, key=lambda x: x.length)
    return longest, [x for x in found if x is not longest]


@dataclass
class MatrixProduct:
    """A step, the product of matrices, and the axes that are loops around it."""

    step: Product
    product: matmul.Product
    loops: list[_Axis]

    def write(self, writer: Any) -> None:
        """The loops, with a call inside."""
        module = writer.module
        code = matmul.product_function(self.product)
        if code.name not in module.products:
            module.products.add(code.name)
            module.declared.update(code.declared)
            module.functions.append(code.definition)
        self._level(writer, code.name, 0, [])

    def _level(self, writer: Any, name: str, level: int, indices: list[str]) -> None:
        if level < len(self.loops):

            def body(i: str, names: list[str]) -> list[str]:
                self._level(writer, name, level + 1, [*indices, i])
                return []

            writer.loop(self.loops[level].length, body, ())
            return
        step = self.step
        given = []
        for side, place in (("left", step.left), ("right", step.right), ("out", step.out)):
            along = tuple(getattr(x, side) for x in self.loops)
            index = writer.at(Place(place.buffer, place.start, along), indices)
            given.append(f"ptr {writer.address(place.buffer, index)}")
        writer.lines.append(f"call void @{name}({', '.join(given)})")
