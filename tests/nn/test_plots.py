"""Plots: what is drawn is what was given, and files are what their names say."""

from __future__ import annotations

import builtins
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd_lite import relu, sigmoid, step, tanh
from autograd_lite.nn import (
    History,
    Perceptron,
    Sigmoid,
    datasets,
    gradient_descent,
    mlp,
    plots,
)


def row(name: str) -> Any:
    """A parameter that does nothing but give the test the row's name."""
    return pytest.mark.parametrize("row", [name])


def bowl(w: Any) -> Any:
    return (w**2).sum()


def texts(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.texts]


# ---------------------------------------------------------------- trainings


@row("001-30")
def test_history_shows_both_curves(row: str) -> None:
    history = History([3.0, 2.0, 1.0], [0.5, 0.7, 1.0], [3.0, 2.5, 2.25], [0.4, 0.6, 0.5])
    figure = plots.plot_history(history, "overfitting", "test")
    loss, accuracy = figure.axes
    assert [line.get_ydata().tolist() for line in loss.lines] == [[3, 2, 1], [3, 2.5, 2.25]]
    assert [line.get_xdata().tolist() for line in loss.lines] == [[1, 2, 3]] * 2
    np.testing.assert_allclose(accuracy.lines[0].get_ydata(), [50, 70, 100])
    np.testing.assert_allclose(accuracy.lines[1].get_ydata(), [40, 60, 50])
    assert texts(loss) == ["training 1", "test 2.25"]
    assert texts(accuracy) == ["training 100", "test 50"]


def test_history_without_accuracy_or_validation() -> None:
    figure = plots.plot_history(History([1.0]))
    assert len(figure.axes) == 1
    assert texts(figure.axes[0]) == ["training 1"]
    with pytest.raises(ValueError, match="no epoch"):
        plots.plot_history(History())


@row("002-12")
def test_updates_are_dots_and_their_mean_a_line(row: str) -> None:
    losses = np.linspace(2.0, 1.0, 300)
    axes = plots.plot_updates(losses.tolist()).axes[0]
    dots, line = axes.lines
    np.testing.assert_array_equal(dots.get_ydata(), losses)
    assert dots.get_linestyle() == "None"
    assert len(line.get_ydata()) == 201
    assert line.get_ydata()[-1] == pytest.approx(losses[-100:].mean())
    assert axes.get_yscale() == "log"
    assert plots.plot_updates([1.0]).axes[0].lines[1].get_ydata() == [1.0]


# ---------------------------------------------------------------- functions

CURVES = [
    pytest.param(sigmoid, (-0.1, 1.1), 0.25, id="003-10"),
    pytest.param(relu, (-1.0, 5.5), 0.0, id="003-11"),
    pytest.param(tanh, (-1.1, 1.1), 1.0, id="000-04"),
    pytest.param(step, (-0.1, 1.1), 0.0, id="002-05"),
]


@pytest.mark.parametrize(("f", "limits", "slope"), CURVES)
def test_curves_of_activations(f: Any, limits: tuple[float, float], slope: float) -> None:
    x = np.arange(-5.0, 5.0, 0.1)
    axes = plots.plot_function(f, "f", x, limits).axes[0]
    drawn, derivative = (line for line in axes.lines if len(line.get_xdata()) > 2)
    assert len(x) == 100
    np.testing.assert_array_equal(drawn.get_ydata(), f(x))
    np.testing.assert_allclose(derivative.get_ydata()[x.round(9) == 0], slope, atol=1e-12)
    assert axes.get_ylim() == limits


@row("003-24")
def test_field_and_surface(row: str) -> None:
    axes = plots.plot_field(bowl).axes[0]
    (arrows,) = (c for c in axes.collections if hasattr(c, "U"))
    at = np.column_stack([arrows.X, arrows.Y])
    np.testing.assert_allclose(np.column_stack([arrows.U, arrows.V]), -2 * at, atol=1e-12)
    figure = plots.plot_surface(bowl, -3, 3)
    assert figure.axes[0].get_zlim()[1] >= 18 * 0.95
    figure.canvas.draw()


@row("003-26")
def test_path(row: str) -> None:
    steps = gradient_descent(bowl, [-3.0, 4.0], 0.1, 20)
    line = plots.plot_path(bowl, steps).axes[0].lines[0]
    np.testing.assert_array_equal(line.get_xydata(), steps)


# ---------------------------------------------------------------- boundaries


@row("003-03")
def test_boundary_of_a_perceptron_is_its_line(row: str) -> None:
    unit = Perceptron([1.0, 1.0], 0.4)
    x = np.array([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [0.0, 0.0]])
    t = [0, 1, 1, 1, 0]
    axes = plots.plot_boundary(unit, x, t).axes[0]
    (contour,) = (
        c
        for c in axes.collections
        if len(c.get_paths()) == 1 and c.get_paths()[0].codes is not None
    )
    at = contour.get_paths()[0].vertices
    assert np.abs(at.sum(axis=1) + 0.4).max() < 0.03
    wrong = axes.lines[-1]
    assert wrong.get_xydata().tolist() == [[0.0, 0.0]]
    assert wrong.get_label() == "1 wrong"
    assert unit.boundary([0.0, 1.0]) == pytest.approx([-0.4, -1.4])


def test_boundary_where_the_model_never_changes_its_mind() -> None:
    axes = plots.plot_boundary(lambda p: np.ones(len(p)), [[0.0, 0.0], [1.0, 1.0]], [1, 1]).axes[0]
    assert axes.lines[-1].get_label() == "0 wrong"
    net = mlp(2, 3, 1, output=Sigmoid, rng=0)
    assert plots.plot_boundary(net, *datasets.xor()).axes


# ---------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_save(tmp_path: Path, suffix: str, start: bytes) -> None:
    figure = plots.plot_history(History([2.0, 1.0]))
    plots.save(figure, tmp_path / f"a.{suffix}")
    assert (tmp_path / f"a.{suffix}").read_bytes().startswith(start)


def test_save_refuses_other_names(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a.bmp must end in .png, .svg or .pdf"):
        plots.save(plots.new_figure(), tmp_path / "a.bmp")
    assert not list(tmp_path.iterdir())


def test_plots_draw_in_the_axes_given() -> None:
    figure = plots.new_figure(4)
    returned = [
        plots.plot_updates([1.0, 0.5], axes=figure.axes[0]),
        plots.plot_function(tanh, axes=figure.axes[1]),
        plots.plot_path(bowl, [[1.0, 1.0], [0.0, 0.0]], axes=figure.axes[2]),
        plots.plot_boundary(Perceptron([1.0, 1.0]), *datasets.xor(), axes=figure.axes[3]),
    ]
    assert all(f is figure for f in returned)
    assert all(axes.lines for axes in figure.axes)


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r"autograd_lite\[plot\]"):
        plots.plot_history(History([1.0]))


def test_importing_plots_does_not_import_matplotlib() -> None:
    program = "import sys; from autograd_lite.nn import plots; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
