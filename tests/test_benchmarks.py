"""The benchmarks: what they time gives the same gradients everywhere, and the command prints it.

No test here looks at a time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT))  # the benchmarks are no part of the package

from benchmarks import chain, command, derivatives, measure, mlp, peers, values  # noqa: E402

PEERS = ["micrograd", "torch", "MyGrad", "HIPS autograd"]


def gradients(program: measure.Timed) -> list[Any]:
    program.reset()
    return [np.asarray(g) for g in program.run()]


@pytest.fixture
def peer(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if not peers.is_installed(name):
        pytest.skip(f"{name} is not installed (the extra bench)")
    return name


# ---------------------------------------------------------------- the programs


@pytest.mark.parametrize("peer", ["autograd_lite", *PEERS[1:]], indirect=True)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_mlp_agrees_with_numpy_by_hand(peer: str, dtype: Any) -> None:
    setting = mlp.Setting.of_size(dtype, batch=4, inputs=5, hidden=6, classes=3)
    expected = gradients(mlp.by_hand(setting))
    for g, e in zip(gradients(mlp.PROGRAMS[peer](setting)), expected, strict=True):
        assert g.dtype == e.dtype == dtype
        tolerance = 1e-12 if dtype == np.float64 else 1e-5
        np.testing.assert_allclose(g, e, rtol=tolerance, atol=tolerance)


def test_mlp_by_hand_agrees_with_differences() -> None:
    setting = mlp.Setting.of_size(np.float64, batch=3, inputs=4, hidden=5, classes=3)
    rows = np.arange(3)

    def loss(W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        z = np.maximum(setting.X @ W1 + b1, 0) @ W2 + b2
        return np.mean(np.log(np.exp(z).sum(axis=1)) - z[rows, setting.labels])

    for i, g in enumerate(gradients(mlp.by_hand(setting))):
        direction = np.random.default_rng(i).standard_normal(g.shape)
        moved = [list(setting.parameters) for _ in range(2)]
        for parameters, h in zip(moved, (1e-5, -1e-5), strict=True):
            parameters[i] = parameters[i] + h * direction
        slope = (loss(*moved[0]) - loss(*moved[1])) / 2e-5
        assert np.vdot(g, direction) == pytest.approx(slope, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("peer", ["NumPy", "autograd_lite", *PEERS[1:]], indirect=True)
@pytest.mark.parametrize("pairs", [1, 2, 7])
def test_chain_agrees_with_its_formula(peer: str, pairs: int) -> None:
    x, w, b = 0.5, 0.75, 0.25
    powers = [w**i for i in range(pairs)]  # y = wⁿ·x + b·(1 + w + … + wⁿ⁻¹)
    slopes = [i * w ** (i - 1) for i in range(1, pairs)]
    expected = [w**pairs, pairs * w ** (pairs - 1) * x + b * sum(slopes), sum(powers)]
    found = gradients(chain.PROGRAMS[peer](chain.Setting(x, w, b, pairs)))
    assert [float(g) for g in found] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("peer", ["autograd_lite", "micrograd"], indirect=True)
def test_values_agree_with_matrices(peer: str) -> None:
    setting = values.Setting.of_size((3, 1), count=4)
    (hidden, (output,)) = setting.layers
    W1 = np.array([w for w, _ in hidden]).T
    b1 = np.array([b for _, b in hidden])
    X = np.array([x for x, _ in setting.points])
    t = np.array([target for _, target in setting.points])
    h = np.maximum(X @ W1 + b1, 0)
    g = 2 * (h @ np.array(output[0]) + output[1] - t)
    gh = np.outer(g, output[0]) * (h > 0)
    rows = np.column_stack([(X.T @ gh).T, gh.sum(axis=0)])  # a neuron's weights, then its bias
    expected = [*rows.ravel(), *(h.T @ g), g.sum()]
    found = gradients(values.PROGRAMS[peer](setting))
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("peer", ["autograd_lite", "micrograd"], indirect=True)
def test_operations_are_counted_and_weighed(peer: str) -> None:
    setting = values.Setting.of_size((1,), count=1)
    output, parameters = values.MODELS[peer](setting)
    y = output(setting.points[0][0])  # b + w1·x1 + w2·x2
    assert values.count_operations(y) == 4
    forward, backward = values.bytes_an_operation(output, parameters, setting)
    assert 0 < forward < 5000
    assert 0 < backward < 5000


SMALL = [
    case
    for cases in (
        derivatives.hessians(5),
        derivatives.jacobians(3, 4),
        derivatives.products((3, 4, 1), 5),
        derivatives.gaussian_processes(6),
        derivatives.trajectories(5),
        derivatives.attention(2, 3, 2, 4),
    )
    for case in cases
]


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.title)
@pytest.mark.parametrize("peer", ["HIPS autograd", "JAX"], indirect=True)
def test_derivatives_agree(case: derivatives.Case, peer: str) -> None:
    ours, theirs = (
        [np.asarray(x) for x in derivatives.timed(case, name).run()]
        for name in ("autograd_lite", peer)
    )
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def test_what_cannot_be_done_yet_is_skipped(capsys: pytest.CaptureFixture[str]) -> None:
    def refused() -> Any:
        raise TypeError("np.no_such has no rule")

    case = derivatives.Case(
        "a case",
        (np.ones(2),),
        refused,
        lambda autograd, np: lambda x: 2.0 * x,
        lambda jax, np: lambda x: 2.0 * x,
    )
    programs, _ = derivatives.programs_of(case)
    assert derivatives.OURS not in programs
    assert "a case: autograd_lite is skipped: np.no_such" in capsys.readouterr().out


# ---------------------------------------------------------------- measuring


def test_programs_that_disagree_are_refused() -> None:
    right, wrong = measure.Timed(lambda: [1.0, 2.0]), measure.Timed(lambda: [1.0, 2.1])
    short = measure.Timed(lambda: [1.0])
    single = measure.Timed(lambda: [np.float32(1.0), np.float32(2.0)])
    measure.check_agreement({"a": right, "b": right}, 1e-9)
    for other in (wrong, short, single):
        with pytest.raises(AssertionError, match="other"):
            measure.check_agreement({"a": right, "other": other}, 1e-9)


def test_every_program_has_its_turns() -> None:
    log: list[str] = []

    def program(name: str) -> measure.Timed:
        def run() -> list[Any]:
            log.append(name)
            return []

        return measure.Timed(run, lambda: log.append("reset"))

    programs = {name: program(name) for name in ("a", "b")}
    times = measure.interleaved(programs, rounds=3, loops=2, before=lambda: log.append("turn"))
    assert list(times) == ["a", "b"]
    assert all(t >= 0 for t in times.values())
    assert log[:4] == ["reset", "a", "reset", "b"]  # the runs that are not measured
    turns = ["turn", "reset", "a", "reset", "a"], ["turn", "reset", "b", "reset", "b"]
    rounds = [log[i : i + 10] for i in range(4, len(log), 10)]
    assert len(rounds) == 3
    assert all(r in (turns[0] + turns[1], turns[1] + turns[0]) for r in rounds)


def test_table() -> None:
    rows = [
        measure.Row("one", measure.relative({"a": 2.0, "b": 5.0}), "b ≥ 2"),
        measure.Row("two", {"a": 1.0, "c": 3.0}),
    ]
    assert measure.table("times", rows).splitlines() == [
        "| times | a | b | c | target |",
        "| --- | ---: | ---: | ---: | --- |",
        "| one | 1.00 | 2.50 |  | b ≥ 2 |",
        "| two | 1.00 |  | 3.00 |  |",
    ]


# ---------------------------------------------------------------- the command


@pytest.mark.slow
def test_command_prints_tables() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
    )
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Python 3.")
    assert f"NumPy {np.__version__}" in lines[0]
    titles = [line.split("|")[1].strip() for line in lines if line.startswith("|")]
    for title in ("chain, by hand on 0-d arrays", "mlp, float64", "mlp, float32"):
        assert title in titles
    assert any(title.startswith("bytes an operation") for title in titles)
    for name in PEERS:
        assert (name in lines[0]) == peers.is_installed(name)


def test_peers_that_are_missing_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(peers, "is_installed", lambda name: name in ("NumPy", "autograd_lite"))
    assert command.main(["chain", "--repeats", "1"]) == 0
    out = capsys.readouterr().out
    for name in ("torch", "MyGrad", "HIPS autograd"):
        assert f"chain: {name} is skipped" in out
    header = next(line for line in out.splitlines() if line.startswith("|"))
    assert header.split("|")[2:-1] == [" NumPy ", " autograd_lite ", " target "]


@pytest.mark.parametrize("arguments", [["no-such"], ["chain", "--repeats", "0"]])
def test_arguments_that_make_no_sense(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert "benchmarks" in capsys.readouterr().err
