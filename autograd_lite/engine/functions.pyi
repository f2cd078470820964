"""The types of public functions, for type checkers: an elementwise one gives what it is given, a
number, a `Value` or a `Tensor`."""

from collections.abc import Callable
from typing import Any, Concatenate, Protocol, TypeAlias, overload

from autograd_lite.engine.methods import Operand
from autograd_lite.engine.primitive import Number
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value

class Unary(Protocol):
    __name__: str
    @overload
    def __call__(self, x: Value, /) -> Value: ...
    @overload
    def __call__(self, x: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, x: float, /) -> float: ...
    @overload
    def __call__(self, x: Any, /) -> Any: ...

class Binary(Protocol):
    __name__: str
    @overload
    def __call__(self, x: Value, y: Value | Number, /) -> Value: ...
    @overload
    def __call__(self, x: Number, y: Value, /) -> Value: ...
    @overload
    def __call__(self, x: Tensor, y: Operand, /) -> Tensor: ...
    @overload
    def __call__(self, x: Operand, y: Tensor, /) -> Tensor: ...
    @overload
    def __call__(self, x: float, y: float, /) -> float: ...
    @overload
    def __call__(self, x: Any, y: Any, /) -> Any: ...

class _OneOrTwo(Protocol):
    @overload
    def __call__(self, x: Any, /) -> Any: ...
    @overload
    def __call__(self, x: Any, y: Any, /) -> Any: ...

_ThreeOrMore: TypeAlias = Callable[Concatenate[Any, Any, Any, ...], Any]

class DeclareElementwise(Protocol):
    """What `elementwise(...)` gives: a decorator, whose result follows from how many operands
    the function has; with defaults, or of three and more, it may give anything."""

    @overload
    def __call__(self, stub: _OneOrTwo | _ThreeOrMore, /) -> Callable[..., Any]: ...
    @overload
    def __call__(self, stub: Callable[[Any, Any], Any], /) -> Binary: ...
    @overload
    def __call__(self, stub: Callable[[Any], Any], /) -> Unary: ...
