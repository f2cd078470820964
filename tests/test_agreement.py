"""Random programs give what NumPy and PyTorch give; and what is broken is found and shrunk."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
sys.path.append(str(Path(__file__).parent.parent))  # the benchmarks are no part of the package

from autograd_lite import gradients
from benchmarks.agreement import command, oracle
from benchmarks.agreement.command import compare, program_of
from benchmarks.agreement.given import LAYOUTS, PYTHON, Given
from benchmarks.agreement.program import table

PROGRAMS = range(600)


def test_random_programs_agree() -> None:
    seen, counts, found = compare(0, PROGRAMS)
    shown = "\n\n".join(f"{difference}\n{program.source()}" for _, program, difference in found)
    assert not counts, shown
    assert seen.programs == len(PROGRAMS)
    assert seen.elements > 10 * seen.programs
    assert len(seen.steps) > 0.9 * len(oracle.ORACLES)
    assert seen.closely + seen.not_nan + seen.nan < seen.elements / 100


def test_programs_have_every_form() -> None:
    programs = [program_of(0, i) for i in PROGRAMS]
    given = [x for p in programs for x in (*p.inputs.values(), *p.constants)]
    assert {x.form for x in given} == {*LAYOUTS, *PYTHON, "scalar"}
    assert {x.kind for x in given} == {"", "Value", "Tensor", "borrowed"}
    assert {x.dtype for x in given} >= {np.dtype(t) for t in ("f8", "f4", "i8", "i1", "?")}
    assert {x.data.ndim for x in given} >= {0, 1, 2, 3, 4}
    assert any(x.data.size == 0 for x in given)
    assert {step.style for p in programs for step in p.steps} >= {
        "package", "numpy0", "numpy1", "method", "operator",
    }  # fmt: skip


def test_each_oracle_stands_for_a_primitive() -> None:
    assert set(oracle.ORACLES) <= set(table())


@pytest.mark.parametrize("form", ["plain", "fortran", "reversed", "strided", "read only"])
def test_layouts_hold_the_same_numbers(form: str) -> None:
    data = np.arange(6.0).reshape(2, 3)
    x = Given(data, form, (2, 3))
    np.testing.assert_array_equal(x.build(), data)
    assert not np.may_share_memory(x.build(), x.build())


@pytest.mark.parametrize("number", range(40))
def test_printed_program_is_the_program(number: int) -> None:
    program = program_of(0, number)
    names: dict[str, Any] = {}
    with np.errstate(all="ignore"):
        exec(program.source(), names)
    y, inputs = names[program.steps[-1].name], [names[name] for name in program.inputs]
    weights = names["weights"](y.shape)
    for g, again in zip(names["g"], gradients(y, inputs, weights), strict=True):
        np.testing.assert_allclose(g.data, again, rtol=1e-4, atol=1e-6)


# ---------------------------------------------------------------- what is broken


@contextmanager
def broken(name: str, field: str, value: Any) -> Iterator[None]:
    """A primitive whose declaration says something else meanwhile."""
    primitive = table()[name]
    right = getattr(primitive, field)
    object.__setattr__(primitive, field, value(right))
    try:
        yield
    finally:
        object.__setattr__(primitive, field, right)


def _sign_lost(pullbacks: Any) -> Any:
    return tuple(lambda g, *rest, f=f, **params: -f(g, *rest, **params) for f in pullbacks)


def _once_only(pullbacks: Any) -> Any:
    """Right, but of no derivative of its own."""

    def rule(f: Any) -> Any:
        def again(g: Any, z: Any, *operands: Any, **params: Any) -> Any:
            plain = [x.detach() if hasattr(x, "detach") else x for x in (z, *operands)]
            return f(g, *plain, **params)

        return again

    return tuple(rule(f) for f in pullbacks)


BROKEN = [
    ("tanh", "pullbacks", _sign_lost, "first order"),
    ("matmul", "pullbacks", _sign_lost, "first order"),
    ("square", "pullbacks", _once_only, "second order"),
    ("exp", "arrays", lambda f: lambda x: f(x) * (1 + 1e-4), "value"),
    ("sin", "arrays", lambda f: lambda x: np.float64(f(x)), "dtype"),
    ("sum", "arrays", lambda f: lambda x, **params: np.reshape(f(x, **params), (1, -1)), "shape"),
    ("transpose", "pullbacks", lambda f: (lambda g, *rest, **params: g * 1.0,), "raised"),
]


@pytest.mark.parametrize(("name", "field", "value", "what"), BROKEN)
def test_what_is_broken_is_found(name: str, field: str, value: Any, what: str) -> None:
    with broken(name, field, value):
        _, _, found = compare(0, [i for i in PROGRAMS if _calls(i, name)][:60], most=4)
    fitting = [(program, d) for _, program, d in found if what in d.about]
    assert fitting, [str(d) for _, _, d in found]
    # itself alone, if not what is composed of it
    assert [name] in [[step.primitive.name for step in p.steps] for p, _ in fitting]


def _calls(number: int, name: str) -> bool:
    return any(step.primitive.name == name for step in program_of(0, number).steps)


def test_command_prints_what_differs(capsys: pytest.CaptureFixture[str]) -> None:
    with broken("exp", "pullbacks", _sign_lost):
        assert command.main(["--programs", "120"]) == 1
    printed = capsys.readouterr().out
    assert "first order (exp)" in printed
    assert "al.gradients(" in printed
