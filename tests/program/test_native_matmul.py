"""Products of matrices in machine code, beside NumPy's."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from itertools import product as every
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("llvmlite")

import autograd_lite as al
from autograd_lite.program.native import blas, matmul, tiles, written
from autograd_lite.program.native.machine import Loaded, lanes
from autograd_lite.program.native.matmul import Function, Product, product_function
from autograd_lite.program.native.product_calls import MatrixProduct

Array = np.ndarray[Any, Any]


def computed(a: Array, b: Array, c: Array, accumulate: bool = False) -> Array:
    """What the code of a product leaves in a copy of c, which lies as c does."""
    out = c.copy(order="K")
    strides = [tuple(s // x.itemsize for s in x.strides) for x in (a, b, out)]
    (m, k), n = a.shape, b.shape[1]
    code = product_function(Product(m, n, k, *strides, 8 * a.itemsize, accumulate))
    run(code, a, b, out)
    return out


def run(code: Function, *arrays: Array) -> None:
    """Call the function."""
    main = [
        "define void @run(ptr %a, ptr %b, ptr %c) {",
        f"  call void @{code.name}(ptr %a, ptr %b, ptr %c)",
        "  ret void",
        "}",
    ]
    loaded = Loaded("\n".join([*code.declared, code.definition, *main]), 1, keep=False)
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3)(loaded.address("run"))
    function(*(x.ctypes.data for x in arrays))


def drawn(shape: tuple[int, int], turned: bool, dtype: Any) -> Array:
    rng = np.random.default_rng(sum(shape))
    x = rng.standard_normal(shape[::-1] if turned else shape).astype(dtype)
    return x.T if turned else x


SIZES = (
    (1, 1, 100),
    (50, 100, 84),
    (1, 100, 50),
    (100, 1, 50),
    (30, 30, 1),
    (1, 70, 90),
    (37, 45, 19),
)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("size", SIZES)
def test_products_by_the_blas_are_of_numpys_bits(
    size: tuple[int, int, int], dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if blas.blas() is None:
        pytest.skip("there is no BLAS")
    monkeypatch.setattr(matmul, "LARGE", {})
    m, n, k = size
    for turned in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 1)):
        a, b, c = (
            drawn(s, bool(t), dtype) for s, t in zip(((m, k), (k, n), (m, n)), turned, strict=True)
        )
        assert np.array_equal(computed(a, b, c), np.matmul(a, b, out=c.copy(order="K"))), turned


@given(
    st.tuples(*[st.integers(0, 12)] * 3),
    st.tuples(*[st.booleans()] * 3),
    st.sampled_from([np.float64, np.float32]),
    st.booleans(),
    st.sampled_from(["as it is", "without a BLAS"]),
)
@settings(max_examples=25)
def test_small_products(
    size: tuple[int, int, int],
    turned: tuple[bool, bool, bool],
    dtype: Any,
    accumulate: bool,
    where: str,
) -> None:
    m, n, k = size
    a, b, c = (drawn(s, t, dtype) for s, t in zip(((m, k), (k, n), (m, n)), turned, strict=True))
    with pytest.MonkeyPatch.context() as patch:
        if where != "as it is":
            patch.setattr(matmul, "blas", lambda: None)
            patch.setattr(written, "SMALL", 100)
        near(computed(a, b, c, accumulate), a, b, c, accumulate)


def near(found: Array, a: Array, b: Array, c: Array, accumulate: bool) -> None:
    """As near to a·b, or c + a·b, as sums in any order are."""
    wide = [x.astype(np.longdouble) for x in (a, b, c)]
    right = wide[0] @ wide[1] + accumulate * wide[2]
    most = abs(wide[0]) @ abs(wide[1]) + accumulate * abs(wide[2])
    assert np.all(abs(found - right) <= (a.shape[1] + 1) * np.finfo(a.dtype).eps * most)


@pytest.mark.parametrize("registers", [2, 4, 8])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_tiles(registers: int, dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of rows and columns that fill tiles, and that do not; more terms than are added at once."""
    monkeypatch.setattr(tiles, "lanes", lambda: registers)
    monkeypatch.setattr(matmul, "LARGE", {registers: 10**9})
    monkeypatch.setattr(matmul, "lanes", lambda: registers)
    sizes = ((17, 100, 50), (8, 48, 784), (50, 10, 100), (100, 9, 300), (2, 700, 600))
    for i, (m, n, k) in enumerate(sizes):
        a, b = drawn((m, k), i % 2 == 0, dtype), drawn((k, n), i % 3 == 0, dtype)
        for accumulate in (False, True):
            c = drawn((m, n), accumulate == (i % 2 == 0), dtype)
            near(computed(a, b, c, accumulate), a, b, c, accumulate)


def core_of_openblas() -> str:
    """Which processor's code OpenBLAS runs; "" if it is another library."""
    library = ctypes.CDLL(str(sys.modules["numpy._core._multiarray_umath"].__file__))
    function = getattr(library, "scipy_openblas_get_corename64_", None)
    if function is None:
        return ""
    function.restype = ctypes.c_char_p
    return str(function().decode())


@pytest.mark.parametrize("k", [50, 256, 300, 600, 784])
def test_tiles_are_of_the_bits_of_openblas(k: int) -> None:
    """But for the last of an odd number of rows, which these compute otherwise."""
    if core_of_openblas() not in ("Haswell", "Zen") or lanes() < 4:
        pytest.skip("known of its code for AVX2 alone")
    a, b = drawn((22, k), False, float), drawn((k, 30), k == 300, float)
    assert np.array_equal(computed(a, b, np.zeros((22, 30))), a @ b)


def test_tiles_write_no_more_than_c() -> None:
    room = np.full((40, 30), 7.0)
    c = room[3:36, 2:23]
    a, b = drawn((33, 60), False, float), drawn((60, 21), False, float)
    strides = [(x.strides[0] // 8, x.strides[1] // 8) for x in (a, b, c)]
    run(product_function(Product(33, 21, 60, *strides)), a, b, c)
    assert np.allclose(c, a @ b)
    c[:] = 7.0
    assert np.all(room == 7.0)


@pytest.mark.parametrize("strides", [(2, 1), (3, 2), (1, 20), (40, 2), (-9, 1), (0, 1), (1, 0)])
def test_matrices_that_lie_anyhow(strides: tuple[int, int]) -> None:
    room = np.random.default_rng(0).standard_normal(9000)
    for m, n, k in ((9, 9, 9), (15, 14, 9), (1, 70, 9), (70, 1, 9), (1, 1, 90)):
        a = np.lib.stride_tricks.as_strided(room[4000:], (m, k), tuple(8 * s for s in strides))
        b = np.lib.stride_tricks.as_strided(room[2000:], (k, n), tuple(8 * s for s in strides))
        for left, right in ((a, drawn((k, n), False, float)), (drawn((m, k), False, float), b)):
            c = np.zeros((m, n))
            assert np.allclose(computed(left, right, c), left.copy() @ right.copy(), 1e-13, 1e-13)
            assert np.allclose(computed(left, right, c[:, ::-1]), left.copy() @ right.copy(), 1e-13)


def test_other_blas(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("scipy")
    other = blas._of_scipy()
    assert other is not None
    assert blas._is_right(other)
    monkeypatch.setattr(matmul, "blas", lambda: other)
    for (m, n, k), dtype in every(SIZES, (np.float64, np.float32)):
        a, b, c = (drawn(s, False, dtype) for s in ((m, k), (k, n), (m, n)))
        near = 1e-13 if dtype is np.float64 else 1e-4
        assert np.allclose(computed(a, b, c), a @ b, near, near)
        assert np.allclose(computed(a, b, c, True), c + a @ b, near, near)


def test_without_llvmlite_nothing_is_needed() -> None:
    """To look for the BLAS takes NumPy alone."""
    code = "import sys; sys.modules['llvmlite'] = None; sys.modules['scipy'] = None\n"
    code += "from autograd_lite.program.native.blas import blas; print(blas() is None)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("True", "False")


# ---------------------------------------------------------------- in compiled functions


def loss(arrays: Any) -> Any:
    x, w, v = arrays
    return np.sum((al.relu(x @ w) @ v) ** 2)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_compiled_functions(dtype: Any) -> None:
    shapes = ((9, 40), (40, 30), (30, 12))
    x, w, v = (drawn(shape, False, dtype) for shape in shapes)
    native = al.compile(loss, backend="native").value_and_grad
    wanted, slopes = al.value_and_grad(loss)([x, w, v])
    far = [np.asfortranarray(x), w[::-1].copy()[::-1], np.repeat(v, 2, axis=1)[:, ::2]]
    for arrays in ([x, w, v], far):
        value, found = native(arrays)
        assert np.isclose(value, wanted, 1e-4)
        for mine, slope in zip(found, slopes, strict=True):
            assert mine.dtype == dtype
            np.testing.assert_allclose(mine, slope, rtol=1e-3, atol=1e-3)


def test_arrays_of_other_byte_orders_and_classes() -> None:
    x = drawn((30, 40), False, float)
    product = MatrixProduct(30, 30, 40, np.float64)
    wanted = x @ x.T
    swapped = x.astype(">f8")
    assert np.allclose(product(x, x.T), wanted)
    assert np.allclose(product(swapped, swapped.T), wanted)
    of_class = x.view(np.recarray)
    assert type(product(of_class, x.T)) is type(np.matmul(of_class, x.T))
    assert not np.shares_memory(product(x, x.T), product(x, x.T))
    between = np.zeros((30, 40), [("number", float), ("other", np.int32)])  # 12 bytes apart
    between["number"] = x
    assert np.allclose(product(between["number"], x.T), wanted)
    assert np.allclose(product(x[::-1], x.T[:, ::-1]), wanted[::-1, ::-1])


AGAIN = """
import sys
import numpy as np
from autograd_lite.program.native import machine, matmul
from autograd_lite.program.native.product_calls import MatrixProduct

matmul.LARGE = {}
if sys.argv[1] == "again":
    machine._compiled = None  # it must not be asked
x = np.arange(6000.0).reshape(60, 100) / 100
assert np.array_equal(MatrixProduct(60, 60, 100, np.float64)(x, x.T.copy()), x @ x.T.copy())
"""


def test_kept_code_finds_the_blas_of_another_process(tmp_path: Path) -> None:
    """Where the BLAS lies is another place in each process."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    for which in ("first", "again"):
        subprocess.run([sys.executable, "-c", AGAIN, which], env=environment, check=True)
    assert list(tmp_path.rglob("*.o"))
