"""What `Value` and `Tensor` have in common: a name, a place in the graph, copies.

Whoever reads a graph uses what stands here, and asks no node of which class it is: `primitive`,
`operands`, `values`, `params`, `variables()`, `data`, `name`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite.engine import asked, frames, modes
from autograd_lite.engine.primitive import Primitive
from autograd_lite.engine.stand_ins import StandIn

_NO_ARRAY = (
    "asarray: a {} does not turn into plain numbers, its graph would be lost. Where a constant is "
    "meant, use {}; where a derivative is, {}. To fill an array, r[i] = x, make it of x's kind, "
    "r = np.zeros_like(x, shape=r.shape)"
)

NO_PARAMS: Mapping[str, Any] = {}


class Variable:
    """A node of the graph; `Value` and `Tensor` are the two kinds."""

    __slots__ = (
        "_plain",  # the number or array
        "_grad",
        "_primitive",  # what it was computed by; None of a leaf
        "_epoch",  # when it was made: see `clock`
        "_notes",  # what few have: name, scope, the operands of a Value if they are many
    )

    _plain: Any
    _grad: Any
    _primitive: Primitive | None
    _epoch: int
    _notes: dict[str, Any]

    # ------------------------------------------------------------ its place in the graph

    @property
    def node(self) -> Any:
        """What stands for it in the graph: itself, unless it was written into."""
        return self

    @property
    def first(self) -> Any:
        """The node that it was before anything was written into it."""
        return self

    @property
    def primitive(self) -> Primitive | None:
        """The operation that computed it; None of a leaf."""
        return self._primitive

    @property
    def is_leaf(self) -> bool:
        """Whether it was made as such, or where nothing was recorded."""
        return self._primitive is None

    @property
    def operands(self) -> tuple[Any, ...]:
        """What it was computed from, in order: variables and constants; () of a leaf."""
        raise NotImplementedError

    @property
    def values(self) -> tuple[Any, ...]:
        """The plain numbers and arrays that the operands were when this was computed."""
        raise NotImplementedError

    @property
    def params(self) -> Mapping[str, Any]:
        """What else the operation was given: `axis`, `shape`, …"""
        return NO_PARAMS

    @property
    def partials(self) -> tuple[float | None, ...] | None:
        """∂self/∂operand for each operand, where they are numbers; None of a Tensor."""
        return None

    def variables(self) -> Iterator[tuple[int, Any]]:
        """The operands that it can be differentiated by, each with its place among them."""
        primitive = self._primitive
        if primitive is not None:
            constants = primitive.constants
            for i, x in enumerate(self.operands):
                if isinstance(x, Variable) and i not in constants:
                    yield i, x

    # ------------------------------------------------------------ what is noted of it

    @property
    def name(self) -> str | None:
        """What pictures and derivations call it, or None."""
        return self.note("name")  # type: ignore[no-any-return]

    @name.setter
    def name(self, name: str | None) -> None:
        if name is not None and not isinstance(name, str):
            raise TypeError(f"name: a str or None is needed, not {type(name).__name__}")
        self.set_note("name", name)

    def note(self, key: str) -> Any:
        """What is noted under a key, or None."""
        notes = getattr(self, "_notes", None)
        return None if notes is None else notes.get(key)

    def set_note(self, key: str, what: Any) -> None:
        """Note something, for whoever reads the graph: few nodes have a name or a scope."""
        notes = getattr(self, "_notes", None)
        if notes is None:
            self._notes = {key: what}
        else:
            notes[key] = what

    # ------------------------------------------------------------ gradients

    def register_hook(self, function: Callable[[Any], Any]) -> Any:
        """Call `function` with ∂output/∂self in each reverse pass that comes by; what it returns,
        if not None, goes on in its place. Arrays that it is given are read-only.

        Returns:
            A handle: its `remove()`, or the end of its `with` block, takes the hook back.

        >>> from autograd_lite import Value
        >>> x = Value(3.0)
        >>> y = x * x
        >>> with y.register_hook(lambda g: 10.0 * g):
        ...     (2.0 * y).backward()
        >>> x.grad
        120.0
        """
        from autograd_lite.engine.hooks import Hook  # which needs arrays, and these this

        return Hook(self.node, function)

    def zero_grad(self) -> None:
        """Forget the gradient: `grad` is None again."""
        self._grad = None

    def _leaf_only(self, what: str) -> None:
        """Raise ValueError if this is a result: only leaves have data that can be replaced."""
        if self._primitive is not None:
            raise ValueError(
                f"{what} of the result of {self._primitive.name} cannot be replaced: only that of "
                f"a leaf, a {type(self).__name__} that you made"
            )

    # ------------------------------------------------------------ what would lose the graph

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of its axes; () of one number."""
        raise NotImplementedError

    def detach(self) -> Any:
        """The plain number or array, a constant for whatever is computed from it."""
        raise NotImplementedError

    def item(self) -> float:
        """The one number that it holds, as a Python float."""
        raise NotImplementedError

    def _boxes(self) -> Any:
        """An array of objects: a variable for each element."""
        box = np.empty((), object)
        box[()] = self
        return box

    def _kind(self) -> str:
        return type(self).__name__

    def conj(self) -> Any:
        """The complex conjugate: `conjugate()`, by its other name."""
        function: Any = np.conjugate
        return function(self)

    def _converted(self, what: str) -> float:
        """The number for `float(x)` and the like; refused while recording."""
        if isinstance(self._plain, StandIn):  # which says why there is none
            return float(self._plain)  # type: ignore[arg-type]
        if not modes.paused or modes.is_recording():
            kind = self._kind()
            raise TypeError(
                asked.words(kind)
                or f"{what}: a {kind} does not turn into a plain number, its graph would be lost. "
                "Where a constant is meant, use x.item() or x.detach(); where a derivative is, "
                f"leave {what}(...) out, or use a function that records: np.sin instead of "
                "math.sin. To fill an array, r[i] = x, make it of x's kind, "
                "r = np.zeros_like(x, shape=r.shape)"
            )
        return self.item()

    if not TYPE_CHECKING:  # so that math.sin(x) is an error to a type checker too

        def __float__(self) -> float:
            return self._converted("float")

        def __int__(self) -> int:
            return int(self._converted("int"))

        def __complex__(self) -> complex:
            return complex(self._converted("complex"))

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            kind = self._kind()
            stores = kind != "Value" and frames.is_storing()  # a Value may stand among objects
            if np.dtype(dtype or object) != object or stores:
                raise TypeError(asked.words(kind) or _refused(kind, dtype))
            if kind != "Value" and frames.is_asked_by("numpy.ma"):
                raise TypeError(
                    "np.ma: a masked array computes otherwise than plain arrays, and does not take "
                    f"a {kind}. Where a constant is meant, use x.detach(); to leave out what is "
                    "masked, where(mask, 0.0, masked.filled(0.0) * x)"
                )
            if sys._getframe(1).f_code.co_name == "as_strided":  # the strides of other memory
                raise TypeError(
                    f"as_strided: reads the memory of plain arrays, which a {kind} is not; use "
                    "np.lib.stride_tricks.sliding_window_view, or an index"
                )
            if not asked.by_library_that_leaves_it(kind):
                return self._boxes()
            one = np.empty((), object)
            one[()] = self
            return one

        def __index__(self) -> int:
            raise TypeError(
                f"index: a {type(self).__name__} is no whole number; where a constant is meant, "
                "use int(x.item())"
            )

    # ------------------------------------------------------------ what rounds, and is plain

    # The derivative of these is 0 everywhere: they give plain numbers and arrays, as NumPy's floor
    # and floor_divide do, but for the remainder of divmod, which has a derivative.

    def __floordiv__(self, other: Any) -> Any:
        return _unless_foreign(np.floor_divide, self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _unless_foreign(np.floor_divide, other, self)

    def __divmod__(self, other: Any) -> tuple[Any, Any]:
        return _unless_foreign(np.divmod, self, other)  # type: ignore[no-any-return]

    def __rdivmod__(self, other: Any) -> tuple[Any, Any]:
        return _unless_foreign(np.divmod, other, self)  # type: ignore[no-any-return]

    def __round__(self, digits: int | None = None) -> Any:
        return round(self.item(), digits)

    def __floor__(self) -> int:
        return math.floor(self.item())

    def __ceil__(self) -> int:
        return math.ceil(self.item())

    if not TYPE_CHECKING:  # to a type checker, it would let int(x) pass

        def __trunc__(self) -> int:
            return math.trunc(self.item())

    def round(self, decimals: int = 0) -> Any:
        """The nearest numbers of so many decimals, plain: their derivative is 0 everywhere."""
        return np.round(self.detach(), decimals)

    # ------------------------------------------------------------ copies

    # A leaf is copied as another leaf. The copy of a result, and of an argument of a function that
    # is being differentiated, is recorded as made of it: nothing is lost of the graph.

    def _parts(self) -> tuple[Any, ...]:
        """The arguments that make another leaf of the same numbers and name."""
        raise NotImplementedError

    def __reduce__(self) -> tuple[Any, ...]:
        if self._primitive is not None:
            raise TypeError(
                f"the result of {self._primitive.name} cannot be pickled with its graph; pickle "
                "its numbers, x.detach()"
            )
        if self.note("argument"):
            raise TypeError(
                "an argument of a function that is being differentiated cannot be pickled with its "
                "graph; pickle its numbers, x.detach()"
            )
        return type(self), self._parts()

    def __copy__(self) -> Any:
        if self._primitive is not None or self.note("argument"):
            return +self  # type: ignore[operator]
        return type(self)(*self._parts())

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self.__copy__()


def _refused(kind: str, dtype: Any) -> str:
    """What is said where an array of plain numbers is asked for."""
    return _NO_ARRAY.format(kind, *_instead(kind, dtype)) + asked.by_whom()


def _instead(kind: str, dtype: Any) -> tuple[str, str]:
    """What stands for np.asarray(x, dtype): where a constant is meant, and where a derivative."""
    if np.dtype(dtype or object).kind in "biu":
        name = np.dtype(dtype).name
        constant = "int(x.item())" if kind == "Value" else f"x.detach().astype({name!r})"
        return constant, "leave the conversion out: whole numbers have none"
    if kind == "Value":
        return "x.item()", "leave the conversion out: a Value is a number"
    return "x.detach()", "leave asarray(x, dtype) out, for x.astype(dtype)"


def _unless_foreign(function: Any, *operands: Any) -> Any:
    """What a function of NumPy's gives; NotImplemented beside a class that wants no array."""
    if any(getattr(x, "__array_ufunc__", 0) is None for x in operands):
        return NotImplemented
    return function(*operands)


def is_variable(x: Any) -> bool:
    """Whether x is a variable: a Value or a Tensor."""
    return isinstance(x, Variable)
