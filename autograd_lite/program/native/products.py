"""Products of matrices, and whatever sums products of two arrays, as tiles that stay in registers.

A tile is some rows of one operand times some numbers of the other that lie beside each other. Ends
that do not fill a tile are computed by one that overlaps the tile before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite.program.native.machine import lanes
from autograd_lite.program.native.matmul import Function, product_function
from autograd_lite.program.native.matmul import Product as Matrices
from autograd_lite.program.native.nest_writer import Writer
from autograd_lite.program.native.nests import Place, Product

LARGE, LONG = 1 << 18, 32
"""From how many multiplications, and terms of a sum, on the product of two matrices is that of
`matmul`, for which what is far apart is copied first."""

ROWS = 4
"""How many rows a tile has at most."""

VECTORS = 3
"""How many times the lanes of the processor it is wide at most."""

UNROLLED = 8
"""Up to how many terms a sum is written out."""


def vector_axis(product: Product) -> tuple[int, bool] | None:
    """The axis along which one of the operands, and no other, lies side by side, and whether it is
    the right one; None if there is none."""
    best: tuple[int, int, bool] | None = None
    for a in range(product.free):
        n = product.shape[a]
        left, right = product.left.coefficients[a], product.right.coefficients[a]
        for own, other, is_right in ((right, left, True), (left, right, False)):
            if n > 1 and own == 1 and other == 0 and (best is None or n > best[0]):
                best = (n, a, is_right)
    return None if best is None else best[1:]


class ProductWriter:
    """The loops of one product."""

    def __init__(self, writer: Writer, product: Product) -> None:
        self._w = writer
        self._p = product
        found = vector_axis(product)
        assert found is not None
        self._v, is_right = found
        self._wide, self._narrow = product.right, product.left
        if not is_right:
            self._wide, self._narrow = product.left, product.right
        n = product.shape[self._v]
        self._width = 1
        while 2 * self._width <= min(n, lanes()):
            self._width *= 2
        vectors = -(-n // self._width)
        self._vectors = vectors if vectors <= VECTORS else 2 if vectors == 4 else VECTORS
        rows = [
            a
            for a in range(product.free)
            if a != self._v and self._narrow.coefficients[a] and not self._wide.coefficients[a]
        ]
        self._r = max(rows, key=lambda a: product.shape[a], default=None)
        length = 1 if self._r is None else product.shape[self._r]
        self._rows = min(ROWS, length)
        outer = [a for a in range(product.free) if a not in (self._v, self._r)]
        self._outer = [a for a in outer if product.shape[a] > 1]
        self._summed = [a for a in range(product.free, len(product.shape)) if product.shape[a] > 1]
        self._indices = ["0"] * len(product.shape)

    def write(self) -> None:
        """All of them."""
        function = self._of_matrices()
        if function is None:
            self._nest(0)
        else:
            self._called(function, 0)

    def _of_matrices(self) -> Function | None:
        """The function of the product of two matrices that it is, for each place of the outer
        axes; None if it is another one, or a small one."""
        p = self._p
        if self._r is None or len(self._summed) != 1:
            return None
        m, n, (k,) = self._r, self._v, self._summed
        shape = p.shape
        if shape[m] * shape[n] * shape[k] < LARGE or shape[k] < LONG:
            return None
        narrow, wide, out = (x.coefficients for x in (self._narrow, self._wide, p.out))
        a, b, c = (narrow[m], narrow[k]), (wide[k], wide[n]), (out[m], out[n])
        if min(*a, *b, *c) < 1:
            return None
        return product_function(Matrices(shape[m], shape[n], shape[k], a, b, c))

    def _called(self, function: Function, level: int) -> None:
        """Loops over the outer axes, and in them calls."""
        if level < len(self._outer):
            self._over(self._outer[level], lambda: self._called(function, level + 1))
            return
        w = self._w
        w.module.declared.update(function.declared)
        if function.definition not in w.module.functions:
            w.module.functions.append(function.definition)
        given = [
            f"ptr {w.address(x.buffer, w.at(x, self._indices))}"
            for x in (self._narrow, self._wide, self._p.out)
        ]
        w.lines.append(f"call void @{function.name}({', '.join(given)})")

    def _nest(self, level: int) -> None:
        if level < len(self._outer):
            self._over(self._outer[level], lambda: self._nest(level + 1))
        elif self._r is None:
            self._columns()
        else:
            self._tiles(self._r, self._rows, self._columns)

    def _over(self, axis: int, inner: Any) -> None:
        def body(i: str, names: list[str]) -> list[str]:
            self._indices[axis] = i
            inner()
            return []

        self._w.loop(self._p.shape[axis], body, ())
        self._indices[axis] = "0"

    def _tiles(self, axis: int, length: int, inner: Any) -> None:
        """A loop over parts of an axis, the last of which ends where the axis ends."""
        w, n = self._w, self._p.shape[axis]
        count = -(-n // length)
        if count == 1:
            self._indices[axis] = "0"
            inner()
            return

        def body(i: str, names: list[str]) -> list[str]:
            at = w.new(f"mul nuw nsw i64 {i}, {length}")
            if n % length:
                w.module.declared.add("declare i64 @llvm.umin.i64(i64, i64)")
                at = w.new(f"call i64 @llvm.umin.i64(i64 {at}, i64 {n - length})")
            self._indices[axis] = at
            inner()
            return []

        w.loop(count, body, ())
        self._indices[axis] = "0"

    def _columns(self) -> None:
        n, whole = self._p.shape[self._v], self._vectors * self._width
        if n <= whole:
            starts = [min(i * self._width, n - self._width) for i in range(self._vectors)]
            self._indices[self._v] = "0"
            self._tile(starts)
        else:
            starts = [i * self._width for i in range(self._vectors)]
            self._tiles(self._v, whole, lambda: self._tile(starts))

    # ------------------------------------------------------------ a tile

    def _tile(self, starts: Sequence[int]) -> None:
        w, width = self._w, self._width
        kind = w.several("double", width)
        zero = w.splat("double", "0.0", width)
        count = self._rows * len(starts)
        totals = self._sum(0, starts, [(kind, zero)] * count)
        p, at = self._p, 0
        step = p.out.coefficients[self._v]
        for row in range(self._rows):
            for start in starts:
                index = w.at(self._moved(p.out, row, start), self._indices)
                w.store(totals[at], p.out.buffer, index, step, width)
                at += 1

    def _moved(self, place: Place, row: int, start: int) -> Place:
        along = place.coefficients
        further = start * along[self._v] + (row * along[self._r] if self._r is not None else 0)
        return Place(place.buffer, place.start + further, along)

    def _sum(self, level: int, starts: Sequence[int], given: Any) -> list[str]:
        """The sums over the axes from a level on."""
        if level == len(self._summed):
            return self._term(starts, [x for _, x in given])
        axis = self._summed[level]
        kinds = [kind for kind, _ in given]
        if self._p.shape[axis] <= UNROLLED:
            for i in range(self._p.shape[axis]):
                self._indices[axis] = str(i)
                after = self._sum(level + 1, starts, given)
                given = list(zip(kinds, after, strict=True))
            return [x for _, x in given]

        def body(i: str, names: list[str]) -> list[str]:
            self._indices[axis] = i
            return self._sum(level + 1, starts, list(zip(kinds, names, strict=True)))

        found: list[str] = self._w.loop(self._p.shape[axis], body, given)
        self._indices[axis] = "0"
        return found

    def _term(self, starts: Sequence[int], totals: Sequence[str]) -> list[str]:
        """The totals with one product more."""
        w, width = self._w, self._width
        kind = w.several("double", width)
        name = f"@llvm.fmuladd.{'' if width == 1 else f'v{width}'}f64"
        w.module.declared.add(f"declare {kind} {name}({kind}, {kind}, {kind})")
        columns = [
            w.load(
                self._wide.buffer, w.at(self._moved(self._wide, 0, start), self._indices), 1, width
            )
            for start in starts
        ]
        after = []
        for row in range(self._rows):
            index = w.at(self._moved(self._narrow, row, 0), self._indices)
            x = w.splat("double", w.load(self._narrow.buffer, index, 1, 1), width)
            for k, y in enumerate(columns):
                total = totals[row * len(starts) + k]
                after.append(w.new(f"call {kind} {name}({kind} {x}, {kind} {y}, {kind} {total})"))
        return after
