"""Products of matrices as functions in LLVM's code: written out, in tiles, or by the BLAS.

The sizes and strides of a product are known when the code is made. Most products are of NumPy's own
bits: where the BLAS is called as NumPy calls it, and for float64 where tiles add the terms in the
order in which OpenBLAS does.
"""

from __future__ import annotations

from autograd_lite.program.native.blas import Argument, Call, blas, call
from autograd_lite.program.native.machine import has_multiply_add, lanes
from autograd_lite.program.native.matrices import Function, Product, Strides, head_of
from autograd_lite.program.native.tiles import tiled
from autograd_lite.program.native.written import is_small, written

__all__ = ["Function", "Product", "product_function"]

LARGE = {8: 2**27, 4: 2**22}
"""By how many float64 are computed at once: up to how many multiplications tiles are faster than
the BLAS that they were measured beside, in one thread. Where there are narrower registers it is
not known."""

LARGE_BESIDE_THREADS = 2**19
"""The same where the BLAS has more than two threads."""


def product_function(product: Product) -> Function:
    """The code of a product; c lies apart from a and b.

    >>> made = product_function(Product(2, 2, 2, (2, 1), (2, 1), (2, 1)))
    >>> print(made.definition.splitlines()[0])
    define internal void @product64_2_2_2_2_1_2_1_2_1(ptr %a, ptr %b, ptr noalias %c) nounwind {
    """
    if is_small(product):
        return written(product)
    called = _call_of(product)
    if called is None or is_faster(product):
        return tiled(product) or (written(product) if called is None else _by_call(product, called))
    return _by_call(product, called)


def is_faster(p: Product) -> bool:
    """Whether the product in tiles is known to be faster than by the BLAS."""
    found = blas()
    most = LARGE.get(lanes(), 0)
    if found is not None and found.threads > 2:
        most = min(most, LARGE_BESIDE_THREADS)
    return min(p.m, p.n) > 1 and has_multiply_add() and p.m * p.n * p.k <= most


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
    lines = [*called.constants, head_of(product)]
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
