"""The operators and methods of `Value`, generated as Python source from the table of primitives.

For each elementwise primitive the rule of its derivative is run once on Values; the graph that
this records is the derivative, and is written out as straight-line code on floats. So the code
of `Value.__mul__` is

    z = x * y
    ...
    out._da = y
    out._db = x

from the one declaration, with no call left in it. Whatever is unusual (an exception of Python's
arithmetic, an operand that is no float, a block of `no_grad`) goes the general way,
`record_value`. `print(source("tanh"))` shows what is generated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from autograd_lite import primitives
from autograd_lite.engine import clock, modes
from autograd_lite.engine.apply import VALUE, register
from autograd_lite.engine.floats import FLOAT_NAMES
from autograd_lite.engine.primitive import PRIMITIVES, Declared, Elementwise, Primitive, watch
from autograd_lite.engine.value import Value, new, operate, record_value

_UNARY = """\
def forward(self):
    if modes.paused:
        return record(primitive, (self,), NO_PARAMS)
    x = self._plain
    try:
        z = {value}{partials}
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
            z = {value}{partials}
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
            z = {value}{partial_left}
        except TROUBLE:
            return record(primitive, (self, other), NO_PARAMS)
        out = new(Value)
        out._plain = z
        out._primitive = primitive
        out._a = self
        out._da = {da}
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
        z = {value}{partial_right}
    except TROUBLE:
        return record(primitive, (other, self), NO_PARAMS)
    out = new(Value)
    out._plain = z
    out._primitive = primitive
    out._a = x
    out._da = None
    out._b = self
    out._db = {db}
    out._grad = None
    out._uses = 0
    out._epoch = clock.now
    return out
"""


class _Lines:
    """Straight-line code for graphs of Values: one assignment a node, names t1, t2 …"""

    def __init__(self, given: dict[Value, str]) -> None:
        self._names = dict(given)
        self._count = 0

    def write(self, node: Any) -> tuple[list[str], str]:
        """The lines that compute a node that are not yet written, and the name of its value."""
        if node.__class__ is not Value:
            return [], repr(float(node))
        if node in self._names:
            return [], self._names[node]
        lines: list[str] = []
        arguments = []
        for operand in node.operands:
            before, name = self.write(operand)
            lines += before
            arguments.append(name)
        primitive = node._primitive
        assert primitive is not None
        self._count += 1
        name = self._names[node] = f"t{self._count}"
        return [*lines, f"{name} = {substituted(primitive, arguments)}"], name


def substituted(primitive: Primitive, arguments: Sequence[str]) -> str:
    """The primitive's expression on floats with these names as its operands."""
    assert primitive.floats is not None
    names = dict(zip(primitive.operands, arguments, strict=True))
    pattern = r"\b(" + "|".join(names) + r")\b"
    return re.sub(pattern, lambda match: names[match.group()], primitive.floats)


def partial_code(primitive: Primitive) -> list[tuple[list[str], str]]:
    """For each operand, the lines that compute ∂z/∂operand from x, y and z, and its name."""
    given = dict(zip(("x", "y"), (Value(0.75), Value(1.25)), strict=True))
    operands = [given[name] for name in primitive.operands]
    z = Value(primitive.evaluate_floats(*(v.data for v in operands)))
    names = {v: name for name, v in given.items()} | {z: "z"}
    with modes.recording():
        return [
            _Lines(names).write(primitive.partial(i, operands, z)) for i in range(len(operands))
        ]


def source(name: str) -> str:
    """The source of an elementwise primitive on Values; "" if it has to go the general way.

    >>> "out._da = y" in source("multiply")
    True
    """
    primitive = PRIMITIVES[name]
    if not isinstance(primitive, Elementwise) or None in primitive.partials:
        return ""
    if primitive.operands not in (("x",), ("x", "y")):
        return ""
    parts = partial_code(primitive)
    value = primitive.floats
    if len(parts) == 1:
        return _UNARY.format(value=value, partials=_block(parts[0][0], 8), da=parts[0][1])
    (left, da), (right, db) = parts[0], _renamed(*parts[1])
    return (_BINARY + _REFLECTED).format(
        value=value,
        da=da,
        db=db,
        partials=_block(left + right, 12),
        partial_left=_block(left, 12),
        partial_right=_block(right, 8),
    )


def _renamed(lines: list[str], name: str) -> tuple[list[str], str]:
    """Temporaries u1, u2 … instead of t1, t2 …, apart from those of the other partial."""
    return [_apart(line) for line in lines], _apart(name)


def _apart(code: str) -> str:
    return re.sub(r"\bt(\d+)\b", r"u\1", code)


def _block(lines: list[str], indent: int) -> str:
    return "".join("\n" + " " * indent + line for line in lines)


assert primitives  # rules are made of primitives: all are declared before the first is traced
_generated: dict[Primitive, dict[str, Any]] = {}


def _install_general(primitive: Declared) -> None:
    """Give `Value` the operator and method of a primitive, in the general way."""

    def forward(self: Value, *args: Any, **kwargs: Any) -> Any:
        return primitive.function(self, *args, **kwargs)

    def operator(*operands: Any) -> Any:
        return operate(primitive, *operands)

    _set(primitive, forward, operator, lambda self, other: operate(primitive, other, self))


def _install_generated(primitive: Declared) -> None:
    """Put the generated code in their place."""
    code = source(primitive.name) if isinstance(primitive, Elementwise) else ""
    if not code:
        return
    names: dict[str, Any] = {
        **FLOAT_NAMES,
        "modes": modes,
        "clock": clock,
        "primitive": primitive,
        "record": record_value,
        "operate": operate,
        "new": new,
        "Value": Value,
        "NO_PARAMS": {},
        "TROUBLE": (ArithmeticError, ValueError),
    }
    exec(compile(code, f"<autograd_lite: {primitive.name} of Values>", "exec"), names)
    _generated[primitive] = names
    _set(primitive, names["forward"], names["forward"], names.get("reflected"))


def _set(primitive: Primitive, method: Any, operator: Any, reflected: Any) -> None:
    method.__doc__ = primitive.function.__doc__
    if primitive.method:
        setattr(Value, primitive.method, method)
    if primitive.operator:
        setattr(Value, f"__{primitive.operator}__", operator)
        if (
            len(getattr(primitive, "operands", ())) == 2 and primitive.operator != "add"
        ):  # see Value.__radd__
            setattr(Value, f"__r{primitive.operator}__", reflected)


def _record(primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Record by the generated code where it applies, else in the general way."""
    code = _generated.get(primitive)
    if code is None or modes.paused:
        return record_value(primitive, operands, params)
    plain = all(x.__class__ in (Value, float, int) for x in operands)
    if plain and operands[0].__class__ is Value:
        return code["forward"](*operands)
    if plain:
        return code["reflected"](operands[1], operands[0])
    return record_value(primitive, operands, params)


def _uninstall(one):
    for n in (one.method, f"__{one.operator}__", f"__r{one.operator}__"):
        if n and n in Value.__dict__:
            delattr(Value, n)


watch(_install_general, _uninstall)
watch(_install_generated, lambda one: None)
register(VALUE, Value, _record)
