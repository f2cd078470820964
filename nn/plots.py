"""Plots of a training and of what was learnt, with matplotlib (the extra `plot`).

Each function draws in the `axes` given, or in a new figure, and returns the figure, which
`save(figure, "loss.png")` writes as PNG, SVG or PDF. No window is opened and no state is global.

>>> from autograd_lite.nn import History
>>> figure = plot_history(History(loss=[0.7, 0.2], accuracy=[0.5, 1.0]))
>>> [axes.get_ylabel() for axes in figure.axes]
['loss', 'accuracy in %']
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from autograd_lite.engine.chain import detached
from autograd_lite.engine.primitive import Array
from autograd_lite.nn.evaluation import predict
from autograd_lite.nn.module import Module
from autograd_lite.nn.training import History
from autograd_lite.transforms.gradient import grad

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Function = Callable[[Any], Any]

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#AA4499", "#666666"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE)
"""After Okabe and Ito: told apart by colour-blind readers, and in grey."""
MARKERS = ("o", "s", "^", "D")
STYLE = {
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.labelcolor": "#222222",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 10.5,
    "grid.color": "#e6e6e6",
    "svg.hashsalt": "autograd_lite",  # the same plot gives the same file
    "xtick.color": GREY,
    "xtick.labelsize": 9.5,
    "ytick.color": GREY,
    "ytick.labelsize": 9.5,
}


# ---------------------------------------------------------------- figures


def new_figure(columns: int = 1, width: float = 5.6, height: float = 4.0) -> Figure:
    """A figure with so many axes side by side, each of that size in inches.

    Raises:
        ImportError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install 'autograd_lite[plot]'") from error
    with _style():
        figure = Figure(figsize=(width * columns, height), layout="constrained")
        figure.subplots(1, columns)
    return figure


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure to a file whose name ends in .png, .svg or .pdf.

    Raises:
        ValueError: if it ends otherwise.
    """
    if os.path.splitext(path)[1] not in (".png", ".svg", ".pdf"):
        raise ValueError(f"plots: {os.fspath(path)} must end in .png, .svg or .pdf")
    with _style():
        figure.savefig(path, dpi=150, bbox_inches="tight")


@contextmanager
def _style() -> Iterator[None]:
    import matplotlib

    with matplotlib.rc_context(STYLE):  # type: ignore[arg-type]  # its keys are literals
        yield


def _figure_of(axes: Axes) -> Figure:
    from matplotlib.figure import Figure

    figure = axes.get_figure()
    assert isinstance(figure, Figure), "the axes are in no figure"
    return figure


# ---------------------------------------------------------------- how a training went


def plot_history(history: History, title: str = "", other: str = "validation") -> Figure:
    """Loss and accuracy an epoch, of the training samples and, where there are, the others.

    Args:
        other: what the other samples are called.

    Raises:
        ValueError: if no epoch has gone by.
    """
    if not history.loss:
        raise ValueError("plot_history: the history is empty: no epoch has gone by")
    panels = [("loss", 1, history.loss, history.validation_loss)]
    if history.accuracy or history.validation_accuracy:
        panels.append(("accuracy in %", 100, history.accuracy, history.validation_accuracy))
    figure = new_figure(len(panels))
    for axes, (label, scale, training, validation) in zip(figure.axes, panels, strict=True):
        lines = {"training": training, other: validation}
        _plot_lines(axes, {k: scale * np.array(v) for k, v in lines.items() if v}, label)
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    return figure


def _plot_lines(axes: Axes, lines: Mapping[str, Array], label: str) -> None:
    """Each line with its name at its end, which spares the eye a legend."""
    from matplotlib.ticker import MaxNLocator

    ends = {name: float(y[-1]) for name, y in lines.items()}
    above = max(ends, key=lambda name: ends[name])
    for i, (name, y) in enumerate(lines.items()):
        epochs = np.arange(1, len(y) + 1)
        marker = MARKERS[i] if len(y) <= 40 else ""
        axes.plot(epochs, y, color=COLOURS[i], marker=marker, markersize=4)
        side = "bottom" if name == above else "top"
        axes.annotate(
            f"{name} {y[-1]:.3g}", (epochs[-1], float(y[-1])), (6, 0), color=COLOURS[i],
            textcoords="offset points", va=side if len(lines) > 1 else "center",
            annotation_clip=False,
        )  # fmt: skip
    axes.set(xlabel="epoch", ylabel=label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def plot_updates(losses: Sequence[float], title: str = "", axes: Axes | None = None) -> Figure:
    """The loss of each update as a dot, and the mean of the last hundred as a line.

    The axis is logarithmic; losses of 0 cannot be seen on it.
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    axes = new_figure().axes[0] if axes is None else axes
    numbers = np.array(losses, float)
    updates = np.arange(1, len(numbers) + 1)
    width = min(100, len(numbers))
    axes.plot(updates, numbers, ".", color=BLUE, markersize=4, alpha=0.45, markeredgewidth=0)
    means = np.convolve(numbers, np.full(width, 1 / width), "valid")
    axes.plot(updates[width - 1 :], means, color=ORANGE, linewidth=2)
    words = f"mean of the last {width}: {means[-1]:.2g}"
    axes.text(1, 0.98, words, transform=axes.transAxes, ha="right", va="top", color=ORANGE)
    axes.set(xlabel="update", ylabel="loss before the update", yscale="log")
    shown = numbers[numbers > 0]
    short = shown.size > 0 and shown.max() < 60 * shown.min()  # there is room for more labels
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}" if short else NullFormatter())
    if short:
        axes.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))
    axes.set_title(title, loc="left")
    return _figure_of(axes)


# ---------------------------------------------------------------- functions


def plot_function(
    f: Function,
    title: str = "",
    x: npt.ArrayLike | None = None,
    y_limits: tuple[float, float] | None = None,
    axes: Axes | None = None,
) -> Figure:
    """A function of one number with its derivative, by default for x from −5 to 5.

    Args:
        f: works element by element.
        x: where.
        y_limits: of the axis.
    """
    axes = new_figure().axes[0] if axes is None else axes
    x = np.linspace(-5.0, 5.0, 1001) if x is None else np.asarray(x, float)
    slope = grad(lambda z: f(z).sum())
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.plot(x, np.asarray(f(x)), color=BLUE, linewidth=2.2, label="f(x)", zorder=3)
    axes.plot(x, slope(x), color=ORANGE, linestyle="--", linewidth=1.5, label="derivative")
    axes.set_xlabel("x")
    axes.set_title(title, loc="left")
    if y_limits is not None:
        axes.set_ylim(y_limits)
    axes.legend(loc="upper left", frameon=False)
    return _figure_of(axes)


def _grid(low: float, high: float, n: int) -> tuple[Array, Array]:
    line = np.linspace(low, high, n)
    first, second = np.meshgrid(line, line)
    return first, second


def _on_grid(f: Function, first: Array, second: Array) -> Array:
    points = np.column_stack([first.ravel(), second.ravel()])
    return np.array([detached(f(point)) for point in points], dtype=float).reshape(first.shape)


def plot_surface(f: Function, low: float = -3.0, high: float = 3.0, title: str = "") -> Figure:
    """f(w₀, w₁) as a surface over a square. f takes an array of two numbers."""
    from matplotlib.ticker import MaxNLocator

    figure = new_figure(height=4.6)
    figure.clear()
    with _style():
        axes: Any = figure.add_subplot(projection="3d")
    w0, w1 = _grid(low, high, 41)
    heights = _on_grid(f, w0, w1)
    axes.plot_surface(w0, w1, heights, cmap="cividis", rcount=41, ccount=41, linewidth=0)
    axes.contour(w0, w1, heights, 8, zdir="z", offset=float(heights.min()), colors=GREY)
    axes.set(xlabel="w₀", ylabel="w₁", zlabel="f")
    axes.zaxis.set_major_locator(MaxNLocator(4))
    axes.set_title(title, loc="left")
    axes.set_box_aspect(None, zoom=0.88)  # else the label of the third axis is cut off
    return figure


def plot_field(
    f: Function, low: float = -2.0, high: float = 2.0, title: str = "", axes: Axes | None = None
) -> Figure:
    """Arrows of −∇f, the way that gradient descent goes, over lines of equal f."""
    axes = new_figure(width=4.6, height=4.6).axes[0] if axes is None else axes
    _plot_contours(axes, f, low, high)
    w0, w1 = _grid(low, high, 15)
    slope = grad(f)
    arrows = -np.array([slope(point) for point in np.column_stack([w0.ravel(), w1.ravel()])])
    longest = float(np.linalg.norm(arrows, axis=1).max()) / (w0[0, 1] - w0[0, 0])
    axes.quiver(
        w0, w1, *arrows.T, color=BLUE, pivot="middle", angles="xy", scale_units="xy",
        scale=longest or 1.0, width=0.0035, headwidth=4, headlength=5,
    )  # fmt: skip
    axes.set_title(title, loc="left")
    return _figure_of(axes)


def _plot_contours(axes: Axes, f: Function, low: float, high: float) -> None:
    w0, w1 = _grid(low, high, 81)
    axes.contour(w0, w1, _on_grid(f, w0, w1), 10, colors="#cccccc", linewidths=0.8)
    axes.set(xlabel="w₀", ylabel="w₁", xlim=(low, high), ylim=(low, high), aspect="equal")
    axes.grid(False)


def plot_path(
    f: Function,
    path: npt.ArrayLike,
    low: float = -5.0,
    high: float = 5.0,
    title: str = "",
    axes: Axes | None = None,
) -> Figure:
    """The path of a gradient descent over lines of equal f.

    Args:
        path: (steps + 1, 2), as `gradient_descent` returns it. What lies outside is cut off.
    """
    axes = new_figure(width=4.6, height=4.6).axes[0] if axes is None else axes
    steps = np.asarray(path, float)
    _plot_contours(axes, f, low, high)
    axes.plot(*steps.T, "-o", color=BLUE, markersize=4, linewidth=1.3)
    axes.plot(*steps[0], "s", color=ORANGE, markersize=8)
    axes.annotate(
        "start", steps[0], (8, 6), textcoords="offset points", color=ORANGE, weight="bold"
    )
    axes.plot(0, 0, "+", color="black", markersize=10)
    axes.set_title(title, loc="left")
    return _figure_of(axes)


# ---------------------------------------------------------------- decision boundaries


def plot_boundary(
    model: Module | Function,
    x: npt.ArrayLike,
    t: npt.ArrayLike,
    title: str = "",
    threshold: float = 0.5,
    axes: Axes | None = None,
) -> Figure:
    """What a model of two inputs says over the plane, the line where it changes its mind, and
    the samples; those that lie on the wrong side have a ring.

    Args:
        model: a Module, or a function of points (n, 2), with one output a point.
        x: samples (n, 2).
        t: targets 0 and 1, (n,) or (n, 1).
        threshold: of the output, between the two classes.
    """
    from matplotlib.colors import LinearSegmentedColormap

    axes = new_figure(width=4.6, height=4.4).axes[0] if axes is None else axes
    points, targets = np.asarray(x, float), np.asarray(t).ravel().astype(int)
    says = (lambda p: predict(model, p, 20_000).ravel()) if isinstance(model, Module) else model
    centre, half = points.mean(axis=0), 0.7 * np.ptp(points, axis=0).max()
    first, second = (c + h for c, h in zip(centre, _grid(-half, half, 401), strict=True))
    heights = np.asarray(says(np.column_stack([first.ravel(), second.ravel()])), float)
    heights = heights.reshape(first.shape)
    pale = LinearSegmentedColormap.from_list("pale", ["#f6d7c3", "#ffffff", "#c3dcee"])
    axes.pcolormesh(
        first, second, heights, cmap=pale, vmin=threshold - 0.5, vmax=threshold + 0.5,
        shading="nearest", rasterized=True,
    )  # fmt: skip
    if heights.min() <= threshold < heights.max():
        axes.contour(first, second, heights, [threshold], colors="black", linewidths=1.6)
    wrong = (np.asarray(says(points)) > threshold) != targets
    for k, (colour, marker) in enumerate(((ORANGE, "o"), (BLUE, "s"))):
        chosen = points[targets == k]
        axes.plot(*chosen.T, marker, color=colour, markeredgecolor="white", label=f"class {k}")
    axes.plot(
        *points[wrong].T, "o", color="black", fillstyle="none", markersize=10,
        label=f"{wrong.sum()} wrong",
    )  # fmt: skip
    axes.set(xlabel="x₁", ylabel="x₂", aspect="equal")
    axes.set_title(title, loc="left")
    axes.grid(False)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3, handletextpad=0.1, frameon=False
    )
    return _figure_of(axes)
