"""What may stand where an array stands: inside a Tensor, beside one, as an operand.

The arrays of a batch are such a stand-in (see `batch`), and the arrays of a program that is being
traced (see `autograd_lite.program.traced`). Both look like an array, and do not give away numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import PRIMITIVES, Array, Primitive


class NumbersUnknownError(TypeError):
    """Numbers are asked for that are known only when a program runs."""

    is_final = False
    """Whether it does not help to ask when the program runs."""


class StandIn:
    """An array of which the shape and the dtype are known, and the numbers are not to be read.

    The functions of the table take it as they take an array: `evaluate` says what they give.
    """

    __slots__ = ()

    WHAT = "a stand-in"
    """What errors call it."""

    @property
    def is_number(self) -> bool:
        """Whether it stands for one of Python's numbers."""
        return False

    @property
    def depth(self) -> int:
        """How deep the batch, or the trace, that it belongs to lies inside of others: of several
        operands the deepest says what is done."""
        raise NotImplementedError

    @property
    def can_index(self) -> bool:
        """Whether it can stand in an index as it is."""
        return False

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of its axes."""
        raise NotImplementedError

    @property
    def ndim(self) -> int:
        """The number of its axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of its elements."""
        return math.prod(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its elements."""
        raise NotImplementedError

    @property
    def T(self) -> Any:
        """The axes in reverse order."""
        return PRIMITIVES["transpose"].function(self)

    @property
    def mT(self) -> Any:
        """Each matrix transposed."""
        return np.matrix_transpose(self)

    @property
    def real(self) -> Any:
        """The real part."""
        return np.real(self) if self.dtype.kind == "c" else self

    @property
    def imag(self) -> Any:
        """The imaginary part."""
        return np.imag(self)

    def __getitem__(self, index: Any) -> Any:
        return PRIMITIVES["getitem"].function(self, index)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"len: {self.WHAT} is one number here, without axes")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    __hash__ = object.__hash__

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise NotImplementedError  # refused

    def astype(self, dtype: Any, **options: Any) -> Any:
        """The elements as another dtype."""
        raise NotImplementedError

    def copy(self, order: Any = "C") -> Any:
        """The same, which does not change where this is written into."""
        raise NotImplementedError

    def evaluate(
        self, primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]
    ) -> Any:
        """The value of a primitive on plain operands, among which this is."""
        raise NotImplementedError

    def call_numpy(self, function: Any, args: Any, kwargs: Mapping[str, Any]) -> Any:
        """The call of a function of NumPy's that the table does not name."""
        raise NotImplementedError

    def call_ufunc(self, ufunc: Any, method: str, inputs: Sequence[Any], options: Any) -> Any:
        """The same of a ufunc, or of one of its methods."""
        return self.call_numpy(getattr(ufunc, method), inputs, options)

    def in_memory(self) -> Array:
        """An array that lies in memory as this does: views of it are views of this."""
        raise NotImplementedError

    def product(self, g: Any, partial: Any, product: Any) -> Any:
        """The product g·partial of the chain rule, which this, or what holds this, is so far; with
        0·inf and 0·nan as 0 (see `chain.times`)."""
        raise NotImplementedError

    def own_product(self, g: Any, partial: Any, times: Callable[[Any, Any], Any]) -> Any:
        """The product of the chain rule for this operand, g·partial, which `times` gives. Of a
        number beside an array it may be the sum of that already."""
        return times(g, partial)

    def in_form_of(self, leaf: Any) -> Any:
        """This as the gradient for an argument, of its byte order and kind."""
        return self

    def one(self) -> Any:
        """The number 1 of its dtype."""
        return self.dtype.type(1)

    def one_of_each(self) -> Any:
        """1 in its shape."""
        return np.ones(self.shape, self.dtype)

    @property
    def _plain(self) -> StandIn:
        """What `detached` gives of it: itself, for it is no variable."""
        return self
