"""Products of matrices in machine code, beside NumPy's."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from itertools import product as every
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("llvmlite")

from autograd_lite.program.native import blas, products
from autograd_lite.program.native.machine import Loaded
from autograd_lite.program.native.products import Product, product_function

Array = np.ndarray[Any, Any]


def computed(a: Array, b: Array, c: Array, accumulate: bool = False) -> Array:
    """What the code of a product leaves in a copy of c, which lies as c does."""
    out = c.copy(order="K")
    strides = [tuple(s // x.itemsize for s in x.strides) for x in (a, b, out)]
    (m, k), n = a.shape, b.shape[1]
    code = product_function(Product(m, n, k, *strides, 8 * a.itemsize, accumulate))
    main = [
        "define void @run(ptr %a, ptr %b, ptr %c) {",
        f"  call void @{code.name}(ptr %a, ptr %b, ptr %c)",
        "  ret void",
        "}",
    ]
    loaded = Loaded("\n".join([*code.declared, code.definition, *main]), 1, keep=False)
    run = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3)(loaded.address("run"))
    run(*(x.ctypes.data for x in (a, b, out)))
    return out


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
def test_larger_products_are_of_numpys_bits(size: tuple[int, int, int], dtype: Any) -> None:
    if blas.blas() is None:
        pytest.skip("there is no BLAS")
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
@settings(max_examples=40)
def test_small_products(
    size: tuple[int, int, int],
    turned: tuple[bool, bool, bool],
    dtype: Any,
    accumulate: bool,
    where: str,
) -> None:
    m, n, k = size
    a, b, c = (drawn(s, t, dtype) for s, t in zip(((m, k), (k, n), (m, n)), turned, strict=True))
    wide = [x.astype(np.longdouble) for x in (a, b, c)]
    right = wide[0] @ wide[1] + accumulate * wide[2]
    most = abs(wide[0]) @ abs(wide[1]) + accumulate * abs(wide[2])
    with pytest.MonkeyPatch.context() as patch:
        if where != "as it is":
            patch.setattr(products, "blas", lambda: None)
            patch.setattr(products, "SMALL", 100)
        found = computed(a, b, c, accumulate)
    assert np.all(abs(found - right) <= (k + 1) * np.finfo(dtype).eps * most)


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
    monkeypatch.setattr(products, "blas", lambda: other)
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
