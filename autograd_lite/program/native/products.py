"""Products of matrices as functions in LLVM's code: by the BLAS, or written out.

The sizes and strides of a product are known when the code is made. A product of NumPy's is of the
same bits, where the BLAS is called as NumPy calls it, and where it is written out by fused
multiply-adds in the order of the terms, as the BLAS does it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from autograd_lite.program.native.blas import Argument, Call, blas, call
from autograd_lite.program.native.machine import lanes, processor

SMALL = 1024
"""Up to how many multiplications a product is written out: a call of the BLAS takes longer."""

SMALL_OF_NUMBERS = 64
"""The same where its numbers are computed one after the other, and none beside each other."""

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


def product_function(product: Product) -> Function:
    """The code of a product; c lies apart from a and b.

    >>> made = product_function(Product(2, 2, 2, (2, 1), (2, 1), (2, 1)))
    >>> print(made.definition.splitlines()[0])
    define internal void @product64_2_2_2_2_1_2_1_2_1(ptr %a, ptr %b, ptr noalias %c) nounwind {
    """
    if not _is_small(product):
        called = _call_of(product)
        if called is not None:
            return _by_call(product, called)
    return _written(product)


def _is_small(p: Product) -> bool:
    beside = _by_columns(p) or _by_columns(p.turned())
    return p.m * p.n * max(p.k, 1) <= (SMALL if beside else SMALL_OF_NUMBERS)


def _head(product: Product) -> str:
    return f"define internal void @{product.name}(ptr %a, ptr %b, ptr noalias %c) nounwind {{"


# ---------------------------------------------------------------- by the BLAS


def _call_of(product: Product) -> Call | None:
    """The call that NumPy makes; None if it makes none, or there is no BLAS."""
    found = blas()
    arguments = _arguments(product)
    if found is None or arguments is None:
        return None
    letter = "d" if product.bits == 64 else "s"
    routine, given = arguments
    return call(found, letter + routine, given, product.name)


def _by_call(product: Product, called: Call) -> Function:
    lines = [*called.constants, _head(product)]
    if not called.declared.startswith("declare void"):
        kind = product.kind
        lines.append(f"  %z = {called.text}")
        if product.accumulate:
            lines.append(f"  %before = load {kind}, ptr %c")
        lines += [
            f"  %sum = fadd {kind} %z, {'%before' if product.accumulate else '0.0'}",
            f"  store {kind} %sum, ptr %c",
        ]
    else:
        lines.append(f"  {called.text}")
    return Function(product.name, (called.declared,), "\n".join([*lines, "  ret void", "}"]))


def _arguments(p: Product) -> tuple[str, list[Argument]] | None:
    """The function of the BLAS, and what it is given."""
    if p.m == 1 and p.n == 1:
        if p.a[1] <= 0 or p.b[0] <= 0:
            return None
        x, y = ("whole", p.a[1]), ("whole", p.b[0])
        return "dot", [("whole", p.k), ("pointer", "%a"), x, ("pointer", "%b"), y]
    if p.m == 1 and p.k > 1:
        return _of_vector(p.turned(), "%b", "%a")
    if p.n == 1 and p.k > 1:
        return _of_vector(p, "%a", "%b")
    return None if p.k == 1 else _of_matrices(p)


def _of_vector(p: Product, matrix: str, vector: str) -> tuple[str, list[Argument]] | None:
    """A matrix times a column."""
    rows, columns = _leading(p.a, p.m, p.k), _leading(p.a[::-1], p.k, p.m)
    if (rows is None and columns is None) or p.b[0] <= 0 or p.c[0] <= 0:
        return None
    sizes = (p.k, p.m, rows) if rows is not None else (p.m, p.k, columns)
    return "gemv", [
        ("turn", rows is not None), ("whole", sizes[0]), ("whole", sizes[1]), ("number", 1.0),
        ("pointer", matrix), ("whole", sizes[2]), ("pointer", vector), ("whole", p.b[0]),
        ("number", float(p.accumulate)), ("pointer", "%c"), ("whole", p.c[0]),
    ]  # fmt: skip


def _of_matrices(p: Product) -> tuple[str, list[Argument]] | None:
    """Two matrices. To one who counts by columns, what lies in rows is transposed: cᵀ = bᵀ·aᵀ."""
    a_pointer, b_pointer = "%a", "%b"
    if _leading(p.c, p.m, p.n) is None:
        p, a_pointer, b_pointer = p.turned(), b_pointer, a_pointer
    out = _leading(p.c, p.m, p.n)
    a, a_turned = _leading(p.a, p.m, p.k), _leading(p.a[::-1], p.k, p.m)
    b, b_turned = _leading(p.b, p.k, p.n), _leading(p.b[::-1], p.n, p.k)
    first, second = b if b is not None else b_turned, a if a is not None else a_turned
    if out is None or first is None or second is None:
        return None
    return "gemm", [
        ("turn", b is None), ("turn", a is None), ("whole", p.n), ("whole", p.m), ("whole", p.k),
        ("number", 1.0), ("pointer", b_pointer), ("whole", first), ("pointer", a_pointer),
        ("whole", second), ("number", float(p.accumulate)), ("pointer", "%c"), ("whole", out),
    ]  # fmt: skip


def _leading(strides: Strides, rows: int, columns: int) -> int | None:
    """The distance of rows whose numbers lie one behind the other; None if they do not."""
    step = strides[0] if rows > 1 else max(strides[0], columns)
    near = strides[1] == 1 or columns == 1
    return step if near and step >= columns and step >= 1 else None


# ---------------------------------------------------------------- written out


def _written(product: Product) -> Function:
    """The sums, several columns beside each other where these lie so."""
    if _by_columns(product.turned()) and not _by_columns(product):
        turned = product.turned()
        lines = _Writer(turned, "%b", "%a").lines()
    else:
        lines = _Writer(product, "%a", "%b").lines()
    declared = tuple(dict.fromkeys(x for x in lines if x.startswith("declare")))
    body = [f"  {x}" if not x.endswith(":") else x for x in lines if x not in declared]
    return Function(product.name, declared, "\n".join([_head(product), *body, "  ret void", "}"]))


def _by_columns(p: Product) -> bool:
    return p.b[1] == 1 and p.c[1] == 1 and p.n > 1


class _Writer:
    def __init__(self, p: Product, a: str, b: str) -> None:
        self._p = p
        self._a = a
        self._b = b
        self._lines: list[str] = []
        self._count = 0
        self._fused = "+fma" in processor()[1].split(",") or "+neon" in processor()[1].split(",")

    def lines(self) -> list[str]:
        p = self._p
        if not p.m or not p.n:
            return []
        if _is_small(p):
            for i in range(p.m):
                for j, width in self._blocks():
                    self._unrolled(i, j, width)
            return self._lines
        self._loop(p.m, 1, lambda i: self._columns(i))
        return ["br label %start", "start:", *self._lines]

    def _blocks(self) -> list[tuple[int, int]]:
        """The columns that are computed together: the first, and how many."""
        p = self._p
        width = 4 * lanes() * 64 // p.bits if _by_columns(p) else 1
        return [(j, min(width, p.n - j)) for j in range(0, p.n, width)]

    def _unrolled(self, i: int, j: int, width: int) -> None:
        p = self._p
        total = "zeroinitializer" if width > 1 else "0.0"
        for k in range(p.k):
            x = self._read(self._a, str(i * p.a[0] + k * p.a[1]), 1)
            y = self._read(self._b, str(k * p.b[0] + j * p.b[1]), width)
            total = self._added(total, x, y, width)
        self._store(total, str(i * p.c[0] + j * p.c[1]), width)

    # ------------------------------------------------------------ loops

    def _columns(self, i: str) -> None:
        blocks = self._blocks()
        width = blocks[0][1]
        whole = [j for j, w in blocks if w == width]
        self._loop(len(whole) * width, width, lambda j: self._sum(i, j, width))
        if len(whole) < len(blocks):
            self._sum(i, str(blocks[-1][0]), blocks[-1][1])

    def _sum(self, i: str, j: str, width: int) -> None:
        p = self._p
        total = "zeroinitializer" if width > 1 else "0.0"

        def term(k: str, before: str) -> str:
            x = self._read(self._a, self._place(i, p.a[0], k, p.a[1]), 1)
            y = self._read(self._b, self._place(k, p.b[0], j, p.b[1]), width)
            return self._added(before, x, y, width)

        if p.k:
            total = self._summing(p.k, total, term, width)
        self._store(total, self._place(i, p.c[0], j, p.c[1]), width)

    def _loop(self, end: int, step: int, body: Callable[[str], None]) -> None:
        """The body for 0, step, 2·step … below the end, which is more than 0."""

        def alone(i: str, _: str) -> str:
            body(i)
            return ""

        self._summing(end, "", alone, 0, step)

    def _summing(
        self, end: int, start: str, body: Callable[[str, str], str], width: int, step: int = 1
    ) -> str:
        """The same where each time gives a value to the next; the last is returned."""
        here = self._new("at")[1:]
        before, now, then = f"{here}_before", f"%{here}_i", f"%{here}_next"
        self._lines += [f"br label %{before}", f"{before}:", f"br label %{here}", f"{here}:"]
        self._lines.append(f"{now} = phi i64 [ 0, %{before} ], [ {then}, %{here}_end ]")
        total = f"%{here}_total"
        if width:
            head = f"{total} = phi {self._type(width)} [ {start}, %{before} ], "
            self._lines.append(head)
            place = len(self._lines) - 1
        result = body(now, total)
        if width:
            self._lines[place] += f"[ {result}, %{here}_end ]"
        self._lines += [
            f"br label %{here}_end",
            f"{here}_end:",
            f"{then} = add nuw i64 {now}, {step}",
            f"%{here}_more = icmp ult i64 {then}, {end}",
            f"br i1 %{here}_more, label %{here}, label %{here}_done",
            f"{here}_done:",
        ]
        return result

    def _place(self, x: str, dx: int, y: str, dy: int) -> str:
        first, second = self._line(f"mul i64 {x}, {dx}"), self._line(f"mul i64 {y}, {dy}")
        return self._line(f"add i64 {first}, {second}")

    # ------------------------------------------------------------ steps

    def _new(self, letter: str = "v") -> str:
        self._count += 1
        return f"%{letter}{self._count}"

    def _line(self, text: str) -> str:
        name = self._new()
        self._lines.append(f"{name} = {text}")
        return name

    def _type(self, width: int) -> str:
        return self._p.kind if width == 1 else f"<{width} x {self._p.kind}>"

    def _at(self, pointer: str, place: str) -> str:
        return self._line(f"getelementptr {self._p.kind}, ptr {pointer}, i64 {place}")

    def _read(self, pointer: str, place: str, width: int) -> str:
        at = self._at(pointer, place)
        return self._line(f"load {self._type(width)}, ptr {at}, align {self._p.bits // 8}")

    def _added(self, total: str, x: str, y: str, width: int) -> str:
        """total + x·y, where x is one number."""
        kind = self._type(width)
        if width > 1:
            first = self._line(f"insertelement {kind} poison, {self._p.kind} {x}, i32 0")
            x = self._line(
                f"shufflevector {kind} {first}, {kind} poison, <{width} x i32> zeroinitializer"
            )
        if not self._fused:
            return self._line(f"fadd {kind} {total}, {self._line(f'fmul {kind} {x}, {y}')}")
        suffix = f"f{self._p.bits}" if width == 1 else f"v{width}f{self._p.bits}"
        self._lines.append(f"declare {kind} @llvm.fma.{suffix}({kind}, {kind}, {kind})")
        return self._line(f"call {kind} @llvm.fma.{suffix}({kind} {x}, {kind} {y}, {kind} {total})")

    def _store(self, total: str, place: str, width: int) -> None:
        at, kind = self._at("%c", place), self._type(width)
        align = self._p.bits // 8
        if self._p.accumulate:
            before = self._line(f"load {kind}, ptr {at}, align {align}")
            total = self._line(f"fadd {kind} {before}, {total}")
        self._lines.append(f"store {kind} {total}, ptr {at}, align {align}")
