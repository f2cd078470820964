"""Products of matrices by tiles: some rows and columns of c at a time, held in registers.

The terms of a tile are added one after the other, by fused multiply-adds where the processor has
them; after some hundred the sum goes to memory, where the rest is added to it. So one part of b
stays in the nearest cache for all rows. What does not lie in rows is copied first, part by part.
This is how a BLAS does it (K. Goto and R. van de Geijn, Anatomy of high-performance matrix
multiplication, ACM TOMS 34, 2008), but that the sizes and strides are known, so that for matrices
that fit a cache little is copied; and that the widest registers of this very processor are used,
which a BLAS that was built for many does not always do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autograd_lite.program.native.machine import lanes
from autograd_lite.program.native.matrices import Function, Product, head_of
from autograd_lite.program.native.writing import Lines

TERMS = 256
"""How many terms are added before the sums go to memory: as OpenBLAS, whose bits these then are."""

VECTORS = 3
"""How many registers beside each other a tile is wide."""


def tiled(product: Product) -> Function | None:
    """The function of a product; None if c lies neither in rows nor in columns."""
    if min(product.m, product.n, product.k) < 1:
        return None
    if product.c[1] == 1:
        return _Driver(product, "%a", "%b").function(product)
    if product.c[0] == 1:
        return _Driver(product.turned(), "%b", "%a").function(product)
    return None


@dataclass(frozen=True)
class _Tile:
    """Some rows, and registers of columns: how many are used of each."""

    rows: int
    columns: tuple[int, ...]

    def name(self, product: Product) -> str:
        """What its function is called."""
        columns = "_".join(map(str, self.columns))
        return f"{product.name}.{self.rows}x{columns}"


class _Driver:
    """The loops over tiles."""

    def __init__(self, p: Product, a: str, b: str) -> None:
        self._p = p
        self._a = a
        self._b = b
        self._lanes = lanes() * 64 // p.bits
        self._lines = Lines(p.bits)
        self._tiles: dict[_Tile, None] = {}
        self._copies = p.b[1] != 1
        self._rows = 8 if lanes() == 8 else 4  # by how many registers there are

    def function(self, product: Product) -> Function:
        """All functions, of which that of the product stands last."""
        p, lines = self._p, self._lines
        if self._copies:
            room = TERMS * VECTORS * self._lanes
            lines.text.append(f"%copy = alloca [{room} x {p.kind}], align 64")
        whole, rest = _cuts(p.k)
        if whole:
            lines.loop(whole * TERMS, TERMS, lambda k: self._terms(k, TERMS))
        for k, count in rest:
            self._terms(str(k), count)
        declared = dict(lines.declared)
        functions = [_copy(p, VECTORS * self._lanes)] if self._copies else []
        for tile in self._tiles:
            own = _tile(p, tile, self._lanes, self._copies)
            declared |= own.declared
            functions.append(own.function(_head_of_tile(tile.name(p))))
        functions.append(lines.function(head_of(product)))
        return Function(product.name, tuple(declared), "\n".join(functions))

    def _terms(self, k: str, count: int) -> None:
        """Some of the terms of all sums."""
        p, width = self._p, VECTORS * self._lanes
        if self._p.accumulate:
            more = "1"
        else:
            more = self._lines.line(f"zext i1 {self._lines.line(f'icmp ne i64 {k}, 0')} to i64")
        whole = p.n // width
        if whole:
            full = (self._lanes,) * VECTORS
            self._lines.loop(whole * width, width, lambda j: self._columns(k, count, j, full, more))
        left = p.n - whole * width
        if left:
            some = tuple(min(self._lanes, left - i) for i in range(0, left, self._lanes))
            self._columns(k, count, str(whole * width), some, more)

    def _columns(self, k: str, count: int, j: str, columns: tuple[int, ...], more: str) -> None:
        """Some of the terms of the sums in some columns."""
        p, lines = self._p, self._lines
        b = lines.at(self._b, lines.place(k, p.b[0], j, p.b[1]))
        if self._copies:
            given = f"ptr {b}, ptr %copy, i64 {count}, i64 {sum(columns)}"
            lines.text.append(f"call void @{p.name}.copy({given})")
            b = "%copy"
        for start, number, rows in _runs(p.m, self._rows):
            tile = _Tile(rows, columns)
            self._tiles[tile] = None
            name = tile.name(p)

            def row(i: str, start: int = start, name: str = name) -> None:
                at = lines.line(f"add i64 {i}, {start}")
                a = lines.at(self._a, lines.place(at, p.a[0], k, p.a[1]))
                c = lines.at("%c", lines.place(at, p.c[0], j, 1))
                given = f"ptr {a}, ptr {b}, ptr {c}, i64 {count}, i64 {more}"
                lines.text.append(f"call void @{name}({given})")

            lines.loop(number * rows, rows, row)


def _cuts(k: int) -> tuple[int, list[tuple[int, int]]]:
    """How many times TERMS are added at first, and where the others begin and how many they are:
    of more than TERMS each half."""
    whole = max(0, k // TERMS - 1)
    rest, at = [], whole * TERMS
    while at < k:
        left = k - at
        count = -(-(left // 2) // 4) * 4 if left > TERMS else left
        rest.append((at, count))
        at += count
    return whole, rest


def _runs(m: int, most: int) -> Iterator[tuple[int, int, int]]:
    """Rows in tiles that differ by one at most: the first row, how many tiles, their rows."""
    count = -(-m // most)
    rows, larger = divmod(m, count)
    if larger:
        yield 0, larger, rows + 1
    if rows and count > larger:
        yield larger * (rows + 1), count - larger, rows


def _copy(p: Product, width: int) -> str:
    """The function that copies a part of b so that its numbers lie in rows."""
    lines = Lines(p.bits)

    def column(j: str, _: list[str]) -> list[str]:
        def number(k: str, _: list[str]) -> list[str]:
            x = lines.read("%b", lines.place(k, p.b[0], j, p.b[1]), 1)
            lines.write(x, "%to", lines.place(k, width, j, 1), 1)
            return []

        return lines.carrying("%count", [], number)

    lines.carrying("%columns", [], column)
    given = "ptr noalias %b, ptr noalias %to, i64 %count, i64 %columns"
    return lines.function(f"define internal void @{p.name}.copy({given}) noinline nounwind {{")


def _head_of_tile(name: str) -> str:
    given = "ptr noalias %a, ptr noalias %b, ptr noalias %c, i64 %count, i64 %more"
    return f"define internal void @{name}({given}) noinline nounwind {{"


def _tile(p: Product, tile: _Tile, width: int, copied: bool) -> Lines:
    """The sums of `%count` terms, which are put to c, or if `%more` is not 0 are added to it."""
    lines = Lines(p.bits)
    kind, step = lines.type(width), VECTORS * width if copied else p.b[0]
    places = [(i, v) for i in range(tile.rows) for v in range(len(tile.columns))]

    def term(k: str, before: list[str]) -> list[str]:
        row = lines.at("%b", lines.line(f"mul i64 {k}, {step}"))
        column = lines.at("%a", lines.line(f"mul i64 {k}, {p.a[1]}"))
        ys = [lines.read(row, v * width, some, width) for v, some in enumerate(tile.columns)]
        after: list[str] = []
        for i in range(tile.rows):
            x = lines.everywhere(lines.read(column, i * p.a[0], 1), width)
            for y in ys:
                after.append(lines.multiply_add(x, y, before[len(after)], width))
        return after

    sums = lines.carrying("%count", [(kind, "zeroinitializer")] * len(places), term)
    lines.text += ["%adds = icmp ne i64 %more, 0", "br i1 %adds, label %add, label %put", "add:"]
    for (i, v), x in zip(places, sums, strict=True):
        at, some = i * p.c[0] + v * width, tile.columns[v]
        total = lines.line(f"fadd {kind} {lines.read('%c', at, some, width)}, {x}")
        lines.write(total, "%c", at, some, width)
    lines.text += ["ret void", "put:"]
    for (i, v), x in zip(places, sums, strict=True):
        lines.write(x, "%c", i * p.c[0] + v * width, tile.columns[v], width)
    return lines
