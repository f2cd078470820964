"""The operators and methods of `Value`, written as Python from the table of primitives.

For each elementwise primitive of one or two operands its derivative is traced (see `straight`) and
written out as straight-line code on floats. So the code of `Value.__mul__` is

    z = x * y
    ...
    out._da = y
    out._db = x

from the one declaration, with no call left in it. Whatever is unusual (an exception of Python's
arithmetic, an operand that is no float, a block of `no_grad`) goes the general way, `record_value`,
and so does a primitive whose rules are no straight-line code. Nothing is written before it is used:
a method stands on `Value` with code that, at its first call, writes the code that then takes its
place. `print(source("tanh"))` shows what is written.
"""

from __future__ import annotations

import linecache
from collections.abc import Mapping, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite.engine import clock, modes
from autograd_lite.engine.apply import VALUE, register
from autograd_lite.engine.primitive import PRIMITIVES, Declared, Elementwise, Primitive, watch
from autograd_lite.engine.value import Value, new, operate, record_value

if TYPE_CHECKING:  # what writes code is imported when the first code is written
    from autograd_lite.program.python import PythonCode
    from autograd_lite.program.straight import StraightLine

_UNARY = """\
def forward(self):
    if modes.paused:
        return record(primitive, (self,), NO_PARAMS)
    x = self._plain
    try:
        {both}
    except TROUBLE:
        return record(primitive, (self,), NO_PARAMS)
    out = new(Value)
    out._plain = z
    out._primitive = primitive
    out._a = self
    out._da = {da}
    out._db = None
    out._grad = None
    out._uses = 0
    out._epoch = clock.now
    return out
"""

_BINARY = """\
def forward(self, other):
    if modes.paused:
        return operate(primitive, self, other)
    x = self._plain
    kind = other.__class__
    if kind is Value:
        y = other._plain
        try:
            {both}
        except TROUBLE:
            return record(primitive, (self, other), NO_PARAMS)
        out = new(Value)
        out._plain = z
        out._primitive = primitive
        out._a = self
        out._da = {da}
        out._b = other
        out._db = {db}
        out._grad = None
        out._uses = 0
        out._epoch = clock.now
        return out
    if kind is float or kind is int:
        try:
            y = other if kind is float else float(other)
            {left}
        except TROUBLE:
            return record(primitive, (self, other), NO_PARAMS)
        out = new(Value)
        out._plain = z
        out._primitive = primitive
        out._a = self
        out._da = {da_alone}
        out._b = y
        out._db = None
        out._grad = None
        out._uses = 0
        out._epoch = clock.now
        return out
    return operate(primitive, self, other)
"""

_REFLECTED = """\
def reflected(self, other):
    if modes.paused or (other.__class__ is not float and other.__class__ is not int):
        return operate(primitive, other, self)
    y = self._plain
    try:
        x = float(other)
        {right}
    except TROUBLE:
        return record(primitive, (other, self), NO_PARAMS)
    out = new(Value)
    out._plain = z
    out._primitive = primitive
    out._a = x
    out._da = None
    out._b = self
    out._db = {db_alone}
    out._grad = None
    out._uses = 0
    out._epoch = clock.now
    return out
"""


_GENERAL_UNARY = """\
def forward(self):
    return record(primitive, (self,), NO_PARAMS)
"""

_GENERAL_BINARY = """\
def forward(self, other):
    kind = other.__class__
    if kind is Value or kind is float or kind is int:
        return record(primitive, (self, other), NO_PARAMS)
    return operate(primitive, self, other)


def reflected(self, other):
    kind = other.__class__
    if kind is Value or kind is float or kind is int:
        return record(primitive, (other, self), NO_PARAMS)
    return operate(primitive, other, self)
"""


def source(name: str) -> str:
    """The code of an elementwise primitive on Values; "" if it is none of one or two operands.

    >>> print(source("multiply").partition("    kind is float")[0])  # doctest: +ELLIPSIS
    def forward(self, other):
        ...
        if kind is Value:
            y = other._plain
            try:
                z = x * y
            except TROUBLE:
                return record(primitive, (self, other), NO_PARAMS)
            ...
            out._da = y
            ...
            out._db = x
            ...
    """
    primitive = PRIMITIVES[name]
    return _written(primitive)[0] if _is_fast(primitive) else ""


def _is_fast(one: Declared) -> bool:
    """Whether a Value has room for its operands and derivatives: one or two, all variable."""
    return isinstance(one, Elementwise) and len(one.operands) <= 2 and not one.constants


def _written(primitive: Primitive) -> tuple[str, dict[str, Any]]:
    """The code of a primitive, and the functions on floats that it calls."""
    from autograd_lite.program.straight import NotStraight, straight_line

    try:
        line = straight_line(primitive)
        written = _unary(line) if line.inputs == 1 else _binary(line)
        if line.exact and not any(isinstance(f, np.ufunc) for f in written[1].values()):
            return written  # NumPy's functions may warn, which the general way keeps quiet
    except NotStraight:
        pass
    return (_GENERAL_UNARY if len(primitive.operands) == 1 else _GENERAL_BINARY), {}


def _unary(line: StraightLine) -> tuple[str, dict[str, Any]]:
    from autograd_lite.program.python import python_code

    code = python_code(line, ["x"], _RESERVED)
    return _UNARY.format(both=_block(code, 8), da=code.outputs[1]), code.names


def _binary(line: StraightLine) -> tuple[str, dict[str, Any]]:
    from autograd_lite.program.python import python_code

    wanted = {"both": (0, 1, 2), "left": (0, 1), "right": (0, 2)}
    codes = {
        which: python_code(line.needed(outputs), ["x", "y"], _RESERVED)
        for which, outputs in wanted.items()
    }
    blocks = {which: _block(code, 8 if which == "right" else 12) for which, code in codes.items()}
    both, left, right = codes.values()
    parts = {"da": both.outputs[1], "db": both.outputs[2]}
    parts |= {"da_alone": left.outputs[1], "db_alone": right.outputs[1]}
    names = {name: function for code in codes.values() for name, function in code.names.items()}
    return (_BINARY + _REFLECTED).format(**blocks, **parts), names


def _block(code: PythonCode, indent: int) -> str:
    return ("\n" + " " * indent).join(code.lines)


# ---------------------------------------------------------------- in place before it is written


_Functions = tuple[FunctionType, FunctionType | None]

# The three functions lend their code to functions with globals of their own, where these names are.
primitive: Any = None
forward: Any = None
reflected: Any = None


def _first_unary(self: Value) -> Any:
    _write(primitive, forward, None)
    return forward(self)


def _first_binary(self: Value, other: Any) -> Any:
    _write(primitive, forward, reflected)
    return forward(self, other)


def _first_reflected(self: Value, other: Any) -> Any:
    _write(primitive, forward, reflected)
    return reflected(self, other)


_NAMES: dict[str, Any] = {
    "modes": modes,
    "clock": clock,
    "record": record_value,
    "operate": operate,
    "new": new,
    "Value": Value,
    "NO_PARAMS": {},
    "TROUBLE": (ArithmeticError, ValueError),
}
"""What the code calls besides functions on floats."""

_RESERVED = (
    *_NAMES, "_write", "primitive", "forward", "reflected", "self", "other", "kind", "out",
    "x", "y", "int",
)  # fmt: skip
"""Names with a meaning in the code; a function on floats of that name gets another there."""


def _prepared(primitive: Primitive) -> _Functions:
    """The functions of a primitive, with the code that writes their code."""
    names = {**_NAMES, "__name__": Value.__module__, "primitive": primitive, "_write": _write}
    if len(primitive.operands) == 1:
        forward, reflected = FunctionType(_first_unary.__code__, names), None
    else:
        forward = FunctionType(_first_binary.__code__, names)
        reflected = FunctionType(_first_reflected.__code__, names)
    names["forward"], names["reflected"] = forward, reflected
    return forward, reflected


def _write(primitive: Primitive, forward: FunctionType, reflected: FunctionType | None) -> None:
    """Give the functions of a primitive their own code. They keep their identity, so that one
    fetched before goes on working; and twice, at once in two threads or after an interruption,
    does no harm."""
    code, functions = _written(primitive)
    file = f"<autograd_lite: {primitive.name} of Values>"
    made: dict[str, Any] = {}
    exec(compile(code, file, "exec"), made)
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    forward.__globals__.update(functions)
    if reflected is not None:
        reflected.__code__ = made["reflected"].__code__
    forward.__code__ = made["forward"].__code__


# ---------------------------------------------------------------- on the class

_fast: dict[Primitive, _Functions] = {}
"""The functions of each primitive that has code of its own, or will have at its first call."""

_ours: dict[str, Declared] = {}
"""The attributes of `Value` that stand for a primitive."""


def install(one: Declared) -> None:
    """Give `Value` the operator and the method of what is declared."""
    fast = _prepared(one) if isinstance(one, Elementwise) and _is_fast(one) else None
    if fast is not None:
        assert isinstance(one, Elementwise)
        _fast[one] = fast
    for name, function in _named(one, fast).items():
        function.__doc__ = one.function.__doc__
        function.__name__, function.__qualname__ = name, f"Value.{name}"
        function.__module__ = Value.__module__
        _ours[name] = one
        setattr(Value, name, function)


def uninstall(one: Declared) -> None:
    """Take away again what `install` gave."""
    if isinstance(one, Primitive):
        _fast.pop(one, None)
    for name in [name for name, owner in _ours.items() if owner is one]:
        del _ours[name]
        delattr(Value, name)


def _named(one: Declared, fast: _Functions | None) -> dict[str, Any]:
    """What is to stand on `Value`, by name."""
    method, forward, reflected = _general(one) if fast is None else (fast[0], *fast)
    named = {}
    if one.operator:
        named[f"__{one.operator}__"] = forward
        reflection = f"__r{one.operator}__"
        if reflected is not None and (reflection in _ours or reflection not in vars(Value)):
            named[reflection] = reflected  # not in place of Value.__radd__
    if one.method:
        named[one.method] = method
    return named


def _general(one: Declared) -> tuple[Any, Any, Any]:
    """Method, operator and reflected operator of what goes the general way."""
    function = one.function

    def method(self: Value, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__wrapped__ = function  # type: ignore[attr-defined]
    if not isinstance(one, Primitive):
        return method, None, None
    primitive = one

    def operator(*operands: Any) -> Any:
        return operate(primitive, *operands)

    def reflected(self: Value, other: Any) -> Any:
        return operate(primitive, other, self)

    return method, operator, reflected if len(one.operands) == 2 else None


def _record(primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Record by the code of the primitive where it applies, else in the general way."""
    functions = _fast.get(primitive)
    if functions is None or modes.paused:
        return record_value(primitive, operands, params)
    plain = all(x.__class__ in (Value, float, int) for x in operands)
    if plain and operands[0].__class__ is Value:
        return functions[0](*operands)
    if plain and functions[1] is not None:
        return functions[1](operands[1], operands[0])
    return record_value(primitive, operands, params)


watch(install, uninstall)
register(VALUE, Value, _record)
