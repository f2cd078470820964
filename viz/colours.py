"""Colours: the themes, mixtures, and whether words can be read on them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """The colours of a picture."""

    paper: str
    ink: str
    muted: str
    line: str
    input: str
    result: str
    output: str
    positive: str
    negative: str
    nothing: str
    still: str
    warning: str


THEMES = {
    "light": Theme(
        paper="#ffffff", ink="#1d1d1f", muted="#5f6368", line="#b5b9bf", input="#f4f1e8",
        result="#ffffff", output="#e8f0fa", positive="#1f6fb4", negative="#c65a00",
        nothing="#9a9a9a", still="#e3e3e3", warning="#b00020",
    ),
    "dark": Theme(
        paper="#16181d", ink="#eceff4", muted="#a6adb8", line="#4c5360", input="#2a2720",
        result="#20242c", output="#1c2b3f", positive="#6cb2f0", negative="#f0a04b",
        nothing="#7a7f88", still="#3a3d42", warning="#ff7a8a",
    ),
}  # fmt: skip

LEAST_CONTRAST = 4.5
"""Between words and what is behind them: what the Web's guidelines (WCAG 2, AA) ask of text."""


def mixed(a: str, b: str, share: float) -> str:
    """A colour between two.

    >>> mixed("#000000", "#ffffff", 0.5)
    '#808080'
    """
    parts = zip(_parts(a), _parts(b), strict=True)
    return "#" + "".join(f"{round(x * (1 - share) + y * share):02x}" for x, y in parts)


def contrast(a: str, b: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2).

    >>> round(contrast("#000000", "#ffffff"), 1)
    21.0
    """
    dark, light = sorted((_luminance(a), _luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def legible(colour: str, *behind: str, least: float = LEAST_CONTRAST) -> str:
    """The colour itself if words in it can be read on all of these, else the nearest that can.

    >>> legible("#1f6fb4", "#ffffff"), contrast(legible("#777777", "#808080"), "#808080") >= 4.5
    ('#1f6fb4', True)
    """

    def worst(words: str) -> float:
        return min(contrast(words, ground) for ground in behind)

    end = max(("#000000", "#ffffff"), key=worst)
    shades = (mixed(colour, end, step / 20) for step in range(21))
    return next((found for found in shades if worst(found) >= least), end)


def _parts(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _luminance(colour: str) -> float:
    """The relative luminance of a colour in sRGB."""
    linear = [
        x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4
        for x in (part / 255 for part in _parts(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
