"""What a program is given: numbers and arrays, in every form in which users have them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd_lite import Tensor, Value

LAYOUTS = {
    "plain": "{}",
    "fortran": "np.asfortranarray({})",
    "reversed": "np.flip(np.flip({}).copy())",
    "strided": "np.repeat({}, 2, axis=-1)[..., ::2]",
    "stretched": "np.broadcast_to({}, {})",
    "read only": "np.broadcast_to({}, {})",
    "swapped": "{}",
}
"""How an array lies in memory, as Python that makes it of a plain one (and its shape)."""

PYTHON = ("float", "int", "bool", "list")
"""The forms that are no NumPy object."""


@dataclass(frozen=True, eq=False)
class Given:
    """A number or array, built afresh for each run, so that no run can spoil another's.

    Forms: a layout of an array, "float", "int", "bool" or "list" of Python, "scalar" of NumPy.
    """

    data: Any
    """The numbers, as a plain array; of a stretched one, before it is stretched."""
    form: str = "plain"
    shape: tuple[int, ...] = ()
    kind: str = ""
    """What an input becomes: "Value", "Tensor", or "borrowed", a Tensor with copy=False."""

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.data.dtype  # type: ignore[no-any-return]

    @property
    def is_array(self) -> bool:
        return self.form in LAYOUTS

    def build(self) -> Any:
        """The object itself, new each time."""
        data = np.array(self.data)
        match self.form:
            case "float" | "int" | "bool" | "list":
                return data.tolist()
            case "scalar":
                return data[()]
            case "fortran":
                return np.asfortranarray(data)
            case "reversed":
                return np.flip(np.flip(data).copy())
            case "strided":
                return np.repeat(data, 2, axis=-1)[..., ::2]
            case "stretched" | "read only":
                return np.broadcast_to(data, self.shape)
            case "swapped":
                return data.astype(data.dtype.newbyteorder(">"))
        return data

    def plain(self) -> Any:
        """What NumPy computes with: of a Value a Python float, of a Tensor an array of floats."""
        if self.kind == "Value":
            return float(self.data)
        array = self.build()
        return array.astype(float) if self.kind and array.dtype.kind != "f" else array

    def variable(self, built: Any) -> Any:
        """The leaf that stands for it, of the object built."""
        if self.kind == "Value":
            return Value(built)
        return Tensor(built, copy=self.kind != "borrowed")

    def text(self) -> str:
        """As Python writes it."""
        if self.form in PYTHON:
            return numbers(self.data.tolist())
        if self.form == "scalar":
            return f"np.{self.dtype.name.replace('bool', 'bool_')}({numbers(self.data.item())})"
        kind = repr(self.dtype.newbyteorder(">").str if self.form == "swapped" else self.dtype.name)
        array = f"np.array({numbers(self.data.tolist())}, {kind})"
        if self.data.size == 0:
            array = f"np.zeros({self.data.shape}, {kind})"
        return LAYOUTS[self.form].format(array, self.shape)

    def leaf_text(self) -> str:
        """The leaf as Python writes it."""
        if self.kind == "borrowed":
            return f"al.Tensor({self.text()}, copy=False)"
        return f"al.{self.kind}({self.text()})"

    def simpler(self) -> list[Given]:
        """The same in simpler forms, the simplest first."""
        found = []
        array = np.array(self.plain(), self.dtype)
        if self.is_array and self.form != "plain":
            found.append(replace(self, data=array, form="plain"))
        if self.kind == "borrowed":
            found.append(replace(self, kind="Tensor"))
        if self.dtype == np.float32:
            found.append(replace(self, data=self.data.astype(np.float64)))
        if self.dtype.kind == "f":
            whole = np.rint(self.data)
            if not np.array_equal(whole, self.data, equal_nan=True):
                found.append(replace(self, data=whole))
        return found


def numbers(x: Any) -> str:
    """Nested lists of numbers as Python writes them, inf and nan too."""
    return repr(x).replace("inf", "np.inf").replace("nan", "np.nan")
