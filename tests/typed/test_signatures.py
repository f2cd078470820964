"""Every signature that type checkers read, called: what comes out is what it says."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd_lite import PRIMITIVES, Tensor, Value
from autograd_lite.engine import value
from autograd_lite.engine.primitive import Elementwise

ENGINE = Path(value.__file__).parent
KINDS = {"Value": Value, "Tensor": Tensor}


def classes(name: str) -> dict[str, ast.ClassDef]:
    """The classes of a stub, by name."""
    body = ast.parse((ENGINE / name).read_text("utf-8")).body
    return {c.name: c for c in body if isinstance(c, ast.ClassDef)}


def methods(cls: ast.ClassDef) -> list[ast.FunctionDef]:
    return [m for m in cls.body if isinstance(m, ast.FunctionDef)]


def operands_of(kind: str) -> list[Any]:
    """Operands of the types that an annotation names."""
    own = {
        "Value": [Value(0.5)],
        "Number": [0.5, 2, True, np.float64(0.5), np.float32(0.5), np.int8(2)],
        "Tensor": [Tensor(np.full((2, 2), 0.5)), Tensor(0.5)],
        "Arrays": [np.full((2, 2), 0.5), np.ones((2, 2), np.int8), [[0.5, 1.0], [1.0, 2.0]]],
        "float": [0.5, 2, True, np.float64(0.5)],
    }
    own["Operand"] = [x for each in ("Value", "Number", "Tensor", "Arrays") for x in own[each]]
    return [x for name in kind.split(" | ") for x in own.get(name, [])]


def needed(method: ast.FunctionDef) -> list[list[Any]]:
    """For each argument that is needed, the operands to call with."""
    arguments = method.args.posonlyargs + method.args.args
    arguments = arguments[1 : len(arguments) - len(method.args.defaults)]
    return [operands_of(ast.unparse(a.annotation)) for a in arguments if a.annotation]


def signatures():
    """Each method that can be called with operands alone, and what it says it returns."""
    for kind in KINDS:
        for method in methods(classes("methods.pyi")[f"{kind}Methods"]):
            if all(needed(method)) and not method.args.vararg:
                yield pytest.param(kind, method, id=f"{kind}.{method.name}")


@pytest.mark.parametrize(("kind", "method"), list(signatures()))
def test_methods(kind, method):
    me = Value(0.5) if kind == "Value" else Tensor(np.full((2, 2), 0.5))
    outputs = []
    for operands in itertools.product(*needed(method)):
        try:
            with np.errstate(invalid="ignore"):  # of 2, there is no arcsin
                outputs.append(getattr(me, method.name)(*operands))
        except ValueError as error:  # which has no meaning without axes
            named = method.name + str(error)
            assert "matmul" in named or "axes" in named
    assert outputs or kind == "Value"
    said = ast.unparse(method.returns)
    assert said == "Any" or {type(z) for z in outputs} <= {KINDS[said]}


OWN = [
    p
    for p in PRIMITIVES.values()
    if isinstance(p, Elementwise) and p.function.__module__.startswith("autograd_lite.primitives.")
]
FUNCTIONS = [p for p in OWN if len(p.operands) <= 2 and not p.function.__wrapped__.__defaults__]


@pytest.mark.parametrize("primitive", FUNCTIONS, ids=lambda p: p.name)
def test_functions(primitive):
    """As `Unary` and `Binary` say, which the decorator gives by the number of operands."""
    protocol = classes("functions.pyi")[["Unary", "Binary"][len(primitive.operands) - 1]]
    for method in methods(protocol):
        said = ast.unparse(method.returns)
        for operands in itertools.product(*needed(method)):
            with np.errstate(invalid="ignore", divide="ignore"):
                z = primitive.function(*operands)
            assert isinstance(z, {**KINDS, "float": (float, int)}[said]), operands
