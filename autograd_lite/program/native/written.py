"""Products of matrices written out: of small ones each multiplication, of others loops."""

from __future__ import annotations

from autograd_lite.program.native.machine import lanes
from autograd_lite.program.native.matrices import Function, Product, head_of
from autograd_lite.program.native.writing import Lines

SMALL = 1024
"""Up to how many multiplications a product is written out: a call of the BLAS takes longer."""

SMALL_OF_NUMBERS = 64
"""The same where its numbers are computed one after the other, and none beside each other."""


def is_small(p: Product) -> bool:
    """Whether each multiplication is to be written out."""
    beside = _by_columns(p) or _by_columns(p.turned())
    return p.m * p.n * max(p.k, 1) <= (SMALL if beside else SMALL_OF_NUMBERS)


def _by_columns(p: Product) -> bool:
    return p.b[1] == 1 and p.c[1] == 1 and p.n > 1


def written(product: Product) -> Function:
    """The sums, several columns beside each other where these lie so."""
    turns = _by_columns(product.turned()) and not _by_columns(product)
    writer = _Writer(product.turned(), "%b", "%a") if turns else _Writer(product, "%a", "%b")
    lines = writer.lines()
    return Function(product.name, tuple(lines.declared), lines.function(head_of(product)))


class _Writer:
    def __init__(self, p: Product, a: str, b: str) -> None:
        self._p = p
        self._a = a
        self._b = b
        self._lines = Lines(p.bits)

    def lines(self) -> Lines:
        """All of the function."""
        p = self._p
        if not p.m or not p.n:
            return self._lines
        if is_small(p):
            for i in range(p.m):
                for j, width in self._blocks():
                    self._unrolled(i, j, width)
        else:
            self._lines.loop(p.m, 1, self._columns)
        return self._lines

    def _blocks(self) -> list[tuple[int, int]]:
        """The columns that are computed together: the first, and how many."""
        p = self._p
        width = 4 * lanes() * 64 // p.bits if _by_columns(p) else 1
        return [(j, min(width, p.n - j)) for j in range(0, p.n, width)]

    def _unrolled(self, i: int, j: int, width: int) -> None:
        p, lines = self._p, self._lines
        total = _zero(width)
        for k in range(p.k):
            x = lines.read(self._a, i * p.a[0] + k * p.a[1], 1)
            y = lines.read(self._b, k * p.b[0] + j * p.b[1], width)
            total = lines.multiply_add(lines.everywhere(x, width), y, total, width)
        self._store(total, str(i * p.c[0] + j * p.c[1]), width)

    def _columns(self, i: str) -> None:
        blocks = self._blocks()
        width = blocks[0][1]
        whole = [j for j, w in blocks if w == width]
        self._lines.loop(len(whole) * width, width, lambda j: self._sum(i, j, width))
        if len(whole) < len(blocks):
            self._sum(i, str(blocks[-1][0]), blocks[-1][1])

    def _sum(self, i: str, j: str, width: int) -> None:
        p, lines = self._p, self._lines

        def term(k: str, before: list[str]) -> list[str]:
            x = lines.read(self._a, lines.place(i, p.a[0], k, p.a[1]), 1)
            y = lines.read(self._b, lines.place(k, p.b[0], j, p.b[1]), width)
            return [lines.multiply_add(lines.everywhere(x, width), y, before[0], width)]

        total = _zero(width)
        if p.k:
            (total,) = lines.carrying(str(p.k), [(lines.type(width), total)], term)
        self._store(total, lines.place(i, p.c[0], j, p.c[1]), width)

    def _store(self, total: str, place: str, width: int) -> None:
        lines = self._lines
        if self._p.accumulate:
            before = lines.read("%c", place, width)
            total = lines.line(f"fadd {lines.type(width)} {before}, {total}")
        lines.write(total, "%c", place, width)


def _zero(width: int) -> str:
    return "zeroinitializer" if width > 1 else "0.0"
