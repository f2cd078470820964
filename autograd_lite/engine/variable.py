"""What `Value` and `Tensor` have in common: a name, a place in the graph, copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd_lite.engine.primitive import Primitive


class Variable:
    """A node of the graph; `Value` and `Tensor` are the two kinds."""

    __slots__ = (
        "_grad",
        "_name",
        "_primitive",  # what it was computed by; None of a leaf
        "_scope",  # the layer whose output this is (see `scopes`)
    )

    _grad: Any
    _primitive: Primitive | None

    @property
    def name(self) -> str | None:
        """What pictures and derivations call it, or None."""
        return getattr(self, "_name", None)

    @name.setter
    def name(self, name: str | None) -> None:
        if name is not None and not isinstance(name, str):
            raise TypeError(f"name: a str or None is needed, not {type(name).__name__}")
        self._name = name

    @property
    def primitive(self) -> Primitive | None:
        """What it was computed by; None of a leaf."""
        return self._primitive

    @property
    def is_leaf(self) -> bool:
        """Whether it was made as such, or where nothing was recorded."""
        return self._primitive is None

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

    # ------------------------------------------------------------ copies, of leaves alone

    def _parts(self) -> tuple[Any, ...]:
        """The arguments that make another leaf of the same numbers and name."""
        raise NotImplementedError

    def __reduce__(self) -> tuple[Any, ...]:
        if self._primitive is not None:
            raise TypeError(
                f"the result of {self._primitive.name} cannot be copied or pickled with its "
                "graph; copy its numbers, x.detach()"
            )
        return type(self), self._parts()

    def __copy__(self) -> Any:
        make, parts = self.__reduce__()
        return make(*parts)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self.__copy__()

    if TYPE_CHECKING:  # made from the table of primitives; here for type checkers only

        def __add__(self, other: Any) -> Any: ...
        def __radd__(self, other: Any) -> Any: ...
        def __sub__(self, other: Any) -> Any: ...
        def __rsub__(self, other: Any) -> Any: ...
        def __mul__(self, other: Any) -> Any: ...
        def __rmul__(self, other: Any) -> Any: ...
        def __truediv__(self, other: Any) -> Any: ...
        def __rtruediv__(self, other: Any) -> Any: ...
        def __pow__(self, other: Any) -> Any: ...
        def __rpow__(self, other: Any) -> Any: ...
        def __matmul__(self, other: Any) -> Any: ...
        def __rmatmul__(self, other: Any) -> Any: ...
        def __neg__(self) -> Any: ...
        def __pos__(self) -> Any: ...
        def __abs__(self) -> Any: ...
        def __getattr__(self, name: str) -> Any: ...
        def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any: ...
