"""What NumPy's arrays have as attributes and methods and no declaration brings: `t.mT`, `t.flat`,
`t.tolist()`, `t.nbytes`; and what writes in place, `t.fill(0.0)`, `t.sort()`, which is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.primitive import COMPOSED, PRIMITIVES


class Flat:
    """The elements of a Tensor, row by row: what `t.flat` is.

    >>> from autograd_lite import Tensor
    >>> t = Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> t.flat[2], len(t.flat)
    (Tensor(3.), 4)
    """

    __slots__ = ("_of",)

    def __init__(self, of: Any) -> None:
        self._of = of

    def __getitem__(self, index: Any) -> Any:
        row = PRIMITIVES["reshape"].function(self._of, -1)
        return PRIMITIVES["getitem"].function(row, index)

    def __setitem__(self, index: Any, values: Any) -> None:
        COMPOSED["put"].function(self._of, np.arange(self._of.size)[index], values)

    def __len__(self) -> int:
        return int(self._of.size)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def copy(self) -> Any:
        """The elements, row by row, as a Tensor of one axis."""
        return COMPOSED["flatten"].function(self._of)


class ArrayAttributes:
    """The part of a Tensor that is as of NumPy's arrays, and no rule."""

    __slots__ = ()

    @property
    def mT(self: Any) -> Any:
        """The last two axes exchanged: each matrix of a stack transposed."""
        return COMPOSED["matrix_transpose"].function(self)

    @property
    def flat(self: Any) -> Any:
        """The elements row by row, to be read, counted, gone through or written."""
        return Flat(self)

    @flat.setter
    def flat(self: Any, values: Any) -> None:
        Flat(self)[:] = values

    @property
    def itemsize(self: Any) -> int:
        """How many bytes one element takes."""
        return int(self.dtype.itemsize)

    @property
    def nbytes(self: Any) -> int:
        """How many bytes all elements take."""
        return int(self.size * self.dtype.itemsize)

    @property
    def strides(self: Any) -> tuple[int, ...]:
        """How many bytes lie between neighbours along each axis."""
        return self.detach().strides  # type: ignore[no-any-return]

    def tolist(self: Any) -> Any:
        """Nested lists of Tensors without axes, so that nothing is lost of the graph; plain numbers
        are `t.detach().tolist()`. Of a Tensor without axes, itself.

        >>> from autograd_lite import Tensor
        >>> Tensor([1.0, 2.0]).tolist()
        [Tensor(1.), Tensor(2.)]
        """
        return [row.tolist() for row in self] if self.ndim else self

    def copy(self: Any, order: str = "C") -> Any:
        """The same numbers in memory of their own, recorded: what is written into one of the two
        does not change the other."""
        return PRIMITIVES["copy"].function(self, order)

    def compress(self: Any, condition: Any, axis: int | None = None) -> Any:
        """The slices along an axis, or of all elements, at which the condition holds."""
        return COMPOSED["compress"].function(condition, self, axis)

    def __contains__(self: Any, number: Any) -> bool:
        return bool(np.any(self.detach() == detached(number)))

    # ------------------------------------------------------------ in place

    def fill(self: Any, value: Any) -> None:
        """Write a number into every element."""
        if np.ndim(detached(value)):
            raise ValueError(f"fill: one number is needed, not shape {np.shape(detached(value))}")
        self[...] = value

    def sort(
        self: Any, axis: int = -1, kind: Any = None, order: Any = None, *, stable: Any = None
    ) -> None:
        """Put the elements in ascending order along an axis, in place: t[...] = np.sort(t)."""
        self[...] = PRIMITIVES["sort"].function(self, axis, kind, order, stable=stable)

    def partition(
        self: Any, kth: Any, axis: int = -1, kind: str = "introselect", order: Any = None
    ) -> None:
        """Rearrange the elements along an axis, in place: t[...] = np.partition(t, kth)."""
        self[...] = PRIMITIVES["partition"].function(self, kth, axis, kind, order)

    def resize(self: Any, *shape: Any, refcheck: bool = True) -> NoReturn:
        """Refused: a Tensor keeps its shape."""
        raise TypeError("resize: a Tensor keeps its shape; use np.resize(t, shape), or t.reshape")

    def view(self: Any, *dtype_or_type: Any) -> Any:
        """The same numbers as a Tensor of its own, as `t[...]`; as another dtype refused, since the
        bytes of a number have no derivative."""
        if dtype_or_type and np.dtype(dtype_or_type[0]) != self.dtype:
            raise TypeError(
                "view: the bytes of a Tensor cannot be read as another dtype; t.astype(dtype) "
                "converts the numbers, t.detach().view(dtype) gives a constant"
            )
        return self[...]
