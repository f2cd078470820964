"""Products of matrices among calls of NumPy's functions: machine code in the place of `np.matmul`,
where it is faster."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import PRIMITIVES
from autograd_lite.program.instructions import Constant, Instruction, NumpyCall, Program
from autograd_lite.program.native.machine import Loaded
from autograd_lite.program.native.matmul import Product, is_faster, product_function
from autograd_lite.program.native.pointers import address_lines, offset

Strides = tuple[int, ...]
Key = tuple[Strides, Strides]


def with_products(program: Program) -> Program:
    """The program with machine code for its products of matrices."""
    matmul = PRIMITIVES.get("matmul")
    if matmul is None or offset() is None:
        return program
    instructions = [
        _changed(one) if one.operation is matmul else one for one in program.instructions
    ]
    return Program(program.inputs, instructions, program.outputs, program.notes)


def _changed(one: Instruction) -> Instruction:
    shapes = [np.shape(getattr(x, "value", x)) for x in one.arguments]
    dtypes = {np.asarray(_like(x)).dtype for x in one.arguments}
    (dtype,) = dtypes if len(dtypes) == 1 else (None,)
    if dtype not in (np.float64, np.float32) or any(len(shape) != 2 for shape in shapes):
        return one
    (m, k), (_, n) = shapes
    if not is_faster(Product(m, n, k, (k, 1), (n, 1), (n, 1), 8 * dtype.itemsize)):
        return one
    product = MatrixProduct(m, n, k, dtype)
    return replace(one, operation=NumpyCall(product), params={}, may_be_view=False)


def _like(x: Any) -> Any:
    """Something of the dtype of a reference."""
    return x.value if x.__class__ is Constant else np.empty((), x.dtype)


class MatrixProduct:
    """The product of two matrices of known shapes; the code is made for the strides that it meets,
    and lives as long as this."""

    __name__ = "matmul"

    def __init__(self, m: int, n: int, k: int, dtype: Any) -> None:
        self._size = m, n, k
        self._shape = m, n
        self._dtype = np.dtype(dtype)
        self._known: dict[Key, Callable[..., None] | None] = {}
        self._loaded: list[Loaded] = []

    def __call__(self, x: Any, y: Any) -> Any:
        key = x.strides, y.strides
        try:
            run = self._known[key]
        except KeyError:
            run = self._known[key] = self._made(key)
        dtype = self._dtype
        if run is None or not (
            x.dtype == dtype == y.dtype and x.__class__ is y.__class__ is np.ndarray
        ):
            return np.matmul(x, y)
        z = np.empty(self._shape, dtype)
        run(x, y, z)
        return z

    def _made(self, key: Key) -> Callable[..., None] | None:
        """The function of three arrays, None where NumPy's is to be taken."""
        size = self._dtype.itemsize
        if any(s % size for strides in key for s in strides):
            return None
        a, b = ((s[0] // size, s[1] // size) for s in key)
        m, n, k = self._size
        product = Product(m, n, k, a, b, (n, 1), 8 * size)
        code = product_function(product)
        lines = [*code.declared, code.definition]
        lines.append("define void @run(ptr %x, ptr %y, ptr %z) nounwind {")
        for array in "xyz":
            lines += address_lines(f"%{array}", f"_{array}")
        lines += [f"  call void @{code.name}(ptr %at_x, ptr %at_y, ptr %at_z)", "  ret void", "}"]
        loaded = Loaded("\n".join(lines), 2)
        self._loaded.append(loaded)
        return ctypes.CFUNCTYPE(None, *[ctypes.py_object] * 3)(loaded.address("run"))
