"""Elementary functions run by NumPy, an instruction a call: for tests, at many points at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite.program.native.mathematics import Builder, Float, Handle
from autograd_lite.program.native.mathematics_table import FUNCTIONS

_BINARY: dict[str, Callable[..., Any]] = {
    "fadd": np.add,
    "fsub": np.subtract,
    "fmul": np.multiply,
    "fdiv": np.divide,
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "shl": np.left_shift,
    "both": np.logical_and,
    "either": np.logical_or,
}
_COMPARE: dict[str, Callable[..., Any]] = {
    "flt": np.less,
    "fle": np.less_equal,
    "feq": np.equal,
    "lt": np.less,
    "eq": np.equal,
}
_PLATFORM: dict[str, Callable[..., Any]] = {"sin": np.sin, "cos": np.cos, "tan": np.tan}


class NumpyBuilder(Builder):
    """Terms are arrays: of float64 and int64, or of float32 and int32."""

    def __init__(self, width: int = 64) -> None:
        self.width = width
        self.float: Any = np.float64 if width == 64 else np.float32
        self.int: Any = np.int64 if width == 64 else np.int32
        self.unsigned: Any = np.uint64 if width == 64 else np.uint32

    def number(self, x: float) -> Handle:
        return np.asarray(x, self.float)

    def integer(self, i: int) -> Handle:
        i &= (1 << self.width) - 1
        return np.asarray(i, self.unsigned).view(self.int)

    def binary(self, operation: str, x: Handle, y: Handle) -> Handle:
        if operation == "lshr":
            shifted = np.right_shift(x.view(self.unsigned), y.view(self.unsigned))
            return np.asarray(shifted).view(self.int)
        return np.asarray(_BINARY[operation](x, y))

    def compare(self, operation: str, x: Handle, y: Handle) -> Handle:
        return np.asarray(_COMPARE[operation](x, y))

    def unary(self, operation: str, x: Handle) -> Handle:
        if operation == "bits":
            return x.view(self.int)
        if operation == "float":
            return x.view(self.float)
        calls: dict[str, Callable[..., Any]] = {
            "fneg": np.negative,
            "fabs": np.abs,
            "sqrt": np.sqrt,
            "not": np.logical_not,
        }
        return np.asarray(calls[operation](x))

    def select(self, kind: str, condition: Handle, x: Handle, y: Handle) -> Handle:
        return np.where(condition, x, y)

    def rare(self, condition: Handle, name: str, x: Handle, usual: Handle) -> Handle:
        return np.where(condition, _PLATFORM[name](x), usual)


def call(name: str, *arguments: NDArray[Any]) -> NDArray[Any]:
    """An elementary function of arrays of one dtype, float64 or float32.

    >>> call("exp", np.array([0.0, 1.0]))
    array([1.        , 2.71828183])
    """
    function = FUNCTIONS[name]
    dtype = np.result_type(*arguments)
    own = dtype == np.float32 and function.single is not None
    body = function.single if own and function.single is not None else function.double
    builder = NumpyBuilder(32 if own else 64)
    with np.errstate(all="ignore"):
        terms = (Float(builder, np.asarray(x, builder.float)) for x in arguments)
        return np.asarray(body(*terms).handle.astype(dtype))
