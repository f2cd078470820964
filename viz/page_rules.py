"""What the pages draw by: the colours and thresholds of the static pictures.

Nothing is typed twice: the page's style sheet gets the colours of `dot.THEMES`, its script the
thresholds of `health`, and so on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from autograd_lite.reading.algebra import SHOWN
from autograd_lite.reading.health import AROUND, EXPLODING, SATURATED
from autograd_lite.viz.dot import FONT, THEMES, THICKER, THIN, Theme

LEAST_CONTRAST = 4.5
"""Between words and what they stand on."""

_LIT = {"light": "#7a2fb0", "dark": "#d9a8ff"}
"""Where the reader is: the card of the step, what is pointed at."""


def rules() -> dict[str, Any]:
    """What the script draws by."""
    return {
        "saturated": SATURATED,
        "exploding": EXPLODING,
        "around": AROUND,
        "shown": SHOWN,
        "widths": [THIN, THICKER],
        "font": FONT.replace("'", ""),
    }


def style(theme: str) -> str:
    """The colours as variables of CSS: of one theme, or, for "auto", of the reader's choice.

    Raises:
        ValueError: if the theme is not known.
    """
    if theme not in (*THEMES, "auto"):
        known = ", ".join(THEMES)
        raise ValueError(f"theme: {theme!r} is not known; there are auto, {known}")
    if theme != "auto":
        return _variables(theme)
    dark = _variables("dark")
    return f"{_variables('light')}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"


def _variables(name: str) -> str:
    theme = THEMES[name]
    colours = asdict(theme)
    grounds = [theme.paper, theme.input, theme.result, theme.output, theme.still]
    for words in ("ink", "muted", "positive", "negative", "nothing", "warning"):
        colours[words] = legible(colours[words], grounds)
    colours["lit"] = legible(_LIT[name], grounds)
    colours["edge"] = _edge(theme)
    lines = "".join(f" --{key}: {value};" for key, value in colours.items())
    return f":root {{ color-scheme: {name}; --font: {FONT};{lines} }}"


def _edge(theme: Theme) -> str:
    """An edge along which nothing has flowed yet: a line, so a weaker contrast will do."""
    return legible(theme.line, [theme.paper], 3.0)


def legible(colour: str, grounds: Sequence[str], least: float = LEAST_CONTRAST) -> str:
    """The colour, moved towards black or white until it can be read on all of these grounds.

    >>> legible("#1d1d1f", ["#ffffff"]), legible("#9a9a9a", ["#ffffff"])
    ('#1d1d1f', '#757575')
    """
    towards = 0 if luminance(grounds[0]) > 0.18 else 255
    parts = _parts(colour)
    for share in range(101):
        moved = "#" + "".join(f"{round(p + (towards - p) * share / 100):02x}" for p in parts)
        if all(contrast(moved, ground) >= least for ground in grounds):
            return moved
    return moved


def contrast(a: str, b: str) -> float:
    """How well two colours can be told apart, from 1 to 21, as WCAG 2 measures it.

    >>> round(contrast("#ffffff", "#000000"), 6)
    21.0
    """
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of an sRGB colour, from 0 to 1.

    >>> luminance("#000000"), round(luminance("#ffffff"), 6)
    (0.0, 1.0)
    """
    linear = [
        p / 255 / 12.92 if p <= 10 else ((p / 255 + 0.055) / 1.055) ** 2.4 for p in _parts(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _parts(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
