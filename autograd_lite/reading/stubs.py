"""The types of the operators and methods that `Value` and `Tensor` get from the table.

They are put on the classes when the program runs, where no type checker sees them; so
`engine/methods.pyi` tells it, and is read by nothing else. It is made by
`python -m autograd_lite.reading.stubs > autograd_lite/engine/methods.pyi`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from inspect import Parameter
from typing import Any, get_origin, get_type_hints

from autograd_lite.engine.primitive import (
    COMPOSED,
    PRIMITIVES,
    Declared,
    Elementwise,
    Primitive,
    Structural,
)

_HEAD = '''\
"""The types of what `Value` and `Tensor` get from the table of primitives, for type checkers.

Made by `python -m autograd_lite.reading.stubs`.
"""

{imports}from typing import Any, TypeAlias, overload

from autograd_lite.engine.primitive import Array, Number
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value

Arrays: TypeAlias = Array | list[Any] | tuple[Any, ...]
Operand: TypeAlias = Value | Tensor | Number | Arrays

class _NumPy:
    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any: ...
    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any: ...
'''

Signature = tuple[list[str], str]
"""The parameters after `self`, as written, and the type of the result."""


def stubs() -> str:
    """The module, as it is written in `engine/methods.pyi`.

    >>> "    def tanh(self) -> Value: ..." in stubs()
    True
    """
    body = "".join(_class(kind) for kind in ("Value", "Tensor"))
    modules = sorted(set(re.findall(r"\b((?:[a-z_]\w*\.)+)[A-Za-z]", body)))
    imports = "".join(f"import {module.rstrip('.')}\n" for module in modules)
    return _HEAD.format(imports=imports) + body


def _class(kind: str) -> str:
    """The class of one kind of variable: its operators, then its methods."""
    own = [
        one
        for one in [*PRIMITIVES.values(), *COMPOSED.values()]
        if one.function.__module__.startswith("autograd_lite.")
    ]
    lines = [f"\nclass {kind}Methods(_NumPy):"]
    for one in own:
        if one.operator and isinstance(one, Primitive):
            names = ("", "r") if len(one.operands) == 2 else ("",)
            lines += [line for r in names for line in _method(f"__{r}{one.operator}__", one, kind)]
        if one.method:
            lines += _method(one.method, one, kind)
    return "\n".join(lines) + "\n"


def _method(name: str, one: Declared, kind: str) -> Iterator[str]:
    """The lines of a method: one signature, or several overloads."""
    signatures = list(_signatures(one, kind))
    for parameters, result in signatures:
        if len(signatures) > 1:
            yield "    @overload"
        yield _wrapped(f"    def {name}(", ["self", *parameters], f") -> {result}: ...")


def _wrapped(head: str, parameters: list[str], tail: str) -> str:
    """A signature on as many lines as ruff gives it."""
    inner = ", ".join(parameters)
    if len(head + inner + tail) <= 100:
        return head + inner + tail
    if len(inner) + 8 > 100:
        inner = ",\n        ".join(parameters) + ","
    return f"{head}\n        {inner}\n    {tail}"


def _signatures(one: Declared, kind: str) -> Iterator[Signature]:
    if not isinstance(one, Elementwise):
        yield _parameters(one, lambda name: "Operand"), _result(one, kind)
        return
    others = one.operands[1:]
    if kind == "Tensor":
        yield _parameters(one, lambda name: "Operand"), "Tensor"
        return
    yield _parameters(one, lambda name: "Value | Number"), "Value"
    if len(others) == 1 and 1 not in one.constants:
        yield _parameters(one, lambda name: "Tensor"), "Tensor"
    if others:  # an array may hold numbers, which gives a Tensor, or Values
        yield _parameters(one, lambda name: "Arrays" if len(others) == 1 else "Operand"), "Any"


def _result(one: Declared, kind: str) -> str:
    """What a method that is not elementwise gives."""
    if isinstance(one, Structural):
        if one.results is None:
            return "Tensor"
        several = ["Tensor"] * len(one.results) or ["Tensor", "..."]
        return f"tuple[{', '.join(several)}]"
    if get_origin(_hints(one).get("return")) is tuple:
        return "tuple[Tensor, ...]"
    return "Tensor" if kind == "Tensor" else "Any"  # of a Value, it may be one


def _parameters(one: Declared, operand: Callable[[str], str]) -> list[str]:
    """The parameters after the first operand, as written; operands have the type given."""
    hints = _hints(one)
    operands = one.operands if isinstance(one, Primitive) else ()
    _, *rest = inspect.signature(one.function).parameters.values()
    written = []
    for p in rest:
        hint = _text(hints.get(p.name, Any))
        if p.name in operands and hint == "Any":
            hint = operand(p.name) + (" | None" if p.default is not Parameter.empty else "")
        written.append(_parameter(p, hint))
    by_position = sum(p.name in operands and p.default is Parameter.empty for p in rest)
    if by_position and isinstance(one, Elementwise):
        written.insert(by_position, "/")
    kinds = [p.kind for p in rest]
    if Parameter.KEYWORD_ONLY in kinds and Parameter.VAR_POSITIONAL not in kinds:
        written.insert(kinds.index(Parameter.KEYWORD_ONLY), "*")
    return written


def _parameter(p: Parameter, hint: str) -> str:
    stars = "*" * (2 if p.kind == Parameter.VAR_KEYWORD else p.kind == Parameter.VAR_POSITIONAL)
    return f"{stars}{p.name}: {hint}" + (" = ..." if p.default is not Parameter.empty else "")


def _hints(one: Declared) -> dict[str, Any]:
    return get_type_hints(inspect.unwrap(one.function))


def _text(hint: Any) -> str:
    """A type as the module writes it."""
    text = hint.__name__ if isinstance(hint, type) and not get_origin(hint) else repr(hint)
    return re.sub(r"\btyping\.", "", text).replace("NoneType", "None")


if __name__ == "__main__":
    print(stubs(), end="")
