"""What of NumPy is covered: the page is complete and true, and so is what is measured."""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite
from autograd_lite import Tensor, grad, numerical_gradient
from autograd_lite.engine.primitive import COMPOSED, CONSTANTS
from autograd_lite.reading import coverage

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT))  # the benchmarks are no part of the package

from benchmarks import peers  # noqa: E402
from benchmarks.coverage import command  # noqa: E402
from benchmarks.coverage.judge import RIGHT, Outcome, differences, outcome, total  # noqa: E402
from benchmarks.coverage.libraries import LIBRARIES  # noqa: E402
from benchmarks.coverage.usages import Usage, usages  # noqa: E402

WRITE = "run python -m benchmarks.coverage --only autograd_lite --write, and then "
MAKE = "python -m autograd_lite.reading.coverage > docs/coverage.md"
PAGE = ROOT / "docs" / "coverage.md"

# ---------------------------------------------------------------- the page


def test_every_name_of_numpys_is_classified_once() -> None:
    found = coverage.classified()
    for space, names in coverage.spaces().items():
        assert [name.path for name in found[space]] == [f"{space}.{name}" for name in names]
    assert coverage.contradictions() == []


def test_the_page_is_that_of_the_table() -> None:
    text = PAGE.read_text("utf-8")
    version = ".".join(np.__version__.split(".")[:2])
    if f"with NumPy {version}." not in text:
        pytest.skip("the page is made with another version of NumPy")
    results = json.loads(coverage.RESULTS.read_text("utf-8"))
    assert text == coverage.page(results), f"{WRITE}{MAKE}"


def test_the_page_needs_no_measurements() -> None:
    assert "## Usages" not in coverage.page()


def test_a_name_that_is_forgotten_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(np, "__all__", [*np.__all__, "in_a_later_version"])
    monkeypatch.setattr(np, "in_a_later_version", lambda x: x, raising=False)
    assert "numpy.in_a_later_version is neither covered nor said not to be" in found_wrong()


def test_what_works_is_not_said_to_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(coverage.NOT_COVERED, "not so", "exp argmax arange")
    assert "numpy.exp is not covered by hand, and is a primitive" in found_wrong()
    assert "numpy.argmax is not covered by hand, and is plain results" in found_wrong()
    assert "numpy.arange is said to be two things" in found_wrong()


def found_wrong() -> list[str]:
    return coverage.contradictions()


def test_what_is_composed_is_told_from_what_has_a_rule() -> None:
    kinds = {name.path: name.kind for name in coverage.classified()["numpy"]}
    assert kinds["numpy.exp"] == coverage.PRIMITIVE
    assert kinds["numpy.array_split"] == coverage.COMPOSITION
    assert "array_split" in COMPOSED
    assert kinds["numpy.argmax"] == coverage.PLAIN
    assert np.argmax in CONSTANTS


@pytest.mark.parametrize(("path", "use"), coverage.OTHERWISE.items(), ids=lambda x: x)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_what_works_without_a_declaration_works(path: str, use: str) -> None:
    usage = Usage("", use, "vector")
    x = np.array([0.5, -1.5, 2.0, 0.75])
    found = grad(lambda x: total(np, usage.run(np, x)))(x)
    expected = numerical_gradient(lambda x: float(total(np, usage.run(np, x))), x)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9, err_msg=path)


def refused() -> list[coverage.Name]:
    every = [name for names in coverage.classified().values() for name in names]
    return [name for name in every if name.kind == coverage.REFUSED]


@pytest.mark.parametrize("name", refused(), ids=lambda name: name.shown)
@pytest.mark.filterwarnings("ignore")
def test_what_is_not_covered_is_refused(name: coverage.Name) -> None:
    """It is called with as many Tensors as it needs, and at least one; of no axes, where NumPy
    wants numbers. (np.bmat gives None for what is neither list nor array.)"""
    *parents, last = name.path.split(".")
    for x in (Tensor(np.array([0.5, 1.5])), Tensor(0.5)):
        if parents[-1] == "ndarray":
            function: Any = getattr(x, last, None)
        else:
            function = getattr(getattr(np, parents[-1], np), last)
        if function is None:
            return
        try:
            result = function(*[x] * (needed(function) or 1))
        except TypeError:
            return
        except ValueError:
            continue
        assert result is None, f"{name.shown} gives {result!r}"
        return
    pytest.fail(f"{name.shown} gives a ValueError")


def needed(function: Any) -> int:
    """How many arguments a call needs."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        return 1
    return sum(p.default is p.empty and p.kind < p.VAR_POSITIONAL for p in parameters)


def test_methods_of_ufuncs_are_tried() -> None:
    found = coverage.methods_of_ufuncs()
    assert list(found) == list(coverage.UFUNC_METHODS)
    assert "add" in found["outer"][0]
    for works, refused in found.values():
        assert not {*works} & {*refused}


# ---------------------------------------------------------------- the measurement


def test_usages_are_programs_of_an_array() -> None:
    every = list(usages())
    assert len(every) >= 190
    assert len({(u.text, u.start) for u in every}) == len(every)


def with_library(gradient: Any, text: str = "x ** 2") -> Outcome:
    usage = Usage("operators", text, "number")
    return outcome(usage, gradient, differences(usage))


def test_what_is_right_refused_and_wrong() -> None:
    ours = LIBRARIES["autograd_lite"]()
    value, gradient = ours(Usage("operators", "x ** 2", "number"))
    assert with_library(ours).kind == RIGHT
    assert with_library(lambda usage: (value, 1.001 * gradient)).kind == "wrong"
    assert with_library(lambda usage: (1.001 * value, gradient)).kind == "wrong"
    assert with_library(lambda usage: (value, None)).kind == "wrong"
    assert with_library(lambda usage: (value, [gradient])).kind == "wrong"


def test_an_error_is_a_refusal() -> None:
    def refuse(usage: Usage) -> Any:
        raise NotImplementedError("not of x\nin two lines")

    assert with_library(refuse) == Outcome("refused", "NotImplementedError: not of x")


def test_results_with_parts_and_complex_ones_are_weighed() -> None:
    assert total(np, [1.0, np.ones(2)]) == pytest.approx(total(np, (1.0, [1.0, 1.0])), rel=0.5)
    z = np.array([1.0 + 2.0j])
    assert total(np, z) != total(np, z.conj()) != total(np, z.real)


@pytest.mark.parametrize("name", LIBRARIES)
def test_each_library_is_asked_for_the_same(name: str) -> None:
    if not peers.is_installed(name):
        pytest.skip(f"{name} is not installed (the extra bench)")
    usage = Usage("products", "x @ x + x[0]", "vector")
    assert outcome(usage, LIBRARIES[name](), differences(usage)).kind == RIGHT


def test_what_was_measured_of_this_library_is_what_it_does() -> None:
    found = command.measured(["autograd_lite"])
    wrong = [(u.text, o.why) for u, o in found["autograd_lite"].items() if o.kind == "wrong"]
    assert wrong == []
    kept = json.loads(coverage.RESULTS.read_text("utf-8"))["autograd_lite"]
    now = command.as_json(found)["autograd_lite"]
    assert kept["version"] == autograd_lite.__version__
    assert kept == now, f"{WRITE}{MAKE}"


def test_nearly_all_usages_are_right() -> None:
    kept = json.loads(coverage.RESULTS.read_text("utf-8"))["autograd_lite"]
    count = kept["right"] + len(kept["refused"]) + len(kept["wrong"])
    assert count == len(list(usages()))
    assert kept["wrong"] == []
    assert kept["right"] / count >= 187 / 190


def test_the_command_prints_a_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    few = [Usage("operators", "x ** 2", "number")]
    monkeypatch.setattr(command, "usages", lambda: iter(few))
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results.json")
    assert command.main(["--only", "autograd_lite", "--failures", "--write"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"\| operators \| 1 \| 1 \|", out)
    kept = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert kept["autograd_lite"]["right"] == 1
