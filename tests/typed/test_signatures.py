"""Every signature that type checkers read, called: what comes out is what it says."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd_lite import Tensor, Value
from autograd_lite.engine import value

STUBS = Path(value.__file__).with_name("methods.pyi")
KINDS = {"Value": Value, "Tensor": Tensor}


def operands_of(kind: str) -> list[Any]:
    """Operands of the types that an annotation names."""
    own = {
        "Value": [Value(0.5)],
        "Number": [0.5, 2, True, np.float64(0.5), np.float32(0.5), np.int8(2)],
        "Tensor": [Tensor(np.full((2, 2), 0.5)), Tensor(0.5)],
        "Arrays": [np.full((2, 2), 0.5), np.ones((2, 2), np.int8), [[0.5, 1.0], [1.0, 2.0]]],
        "None": [None],
    }
    own["Operand"] = [x for each in ("Value", "Number", "Tensor", "Arrays") for x in own[each]]
    return [x for name in kind.split(" | ") for x in own.get(name, [])]


def signatures():
    """Each method that can be called with operands alone, and what it says it returns."""
    for cls in ast.parse(STUBS.read_text("utf-8")).body:
        kind = getattr(cls, "name", "").removesuffix("Methods")
        for method in cls.body if kind in KINDS else ():
            arguments = method.args.posonlyargs + method.args.args
            defaults = len(method.args.defaults)
            needed = arguments[1 : len(arguments) - defaults]
            choices = [operands_of(ast.unparse(a.annotation)) for a in needed]
            if all(choices) and not method.args.vararg:
                result = ast.unparse(method.returns)
                yield pytest.param(kind, method.name, choices, result, id=f"{kind}.{method.name}")


@pytest.mark.parametrize(("kind", "name", "choices", "result"), list(signatures()))
def test_what_comes_out(kind, name, choices, result):
    me = Value(0.5) if kind == "Value" else Tensor(np.full((2, 2), 0.5))
    outputs = []
    for operands in itertools.product(*choices):
        try:
            outputs.append(getattr(me, name)(*operands))
        except ValueError:
            assert "matmul" in name  # which has no meaning without axes
    assert outputs or kind == "Value"
    if result != "Any":
        assert {type(z) for z in outputs} <= {KINDS[result]}
