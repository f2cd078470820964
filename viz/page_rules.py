"""What the pages draw by: the colours and thresholds of the static pictures.

Nothing is typed twice: the page's style sheet gets the colours of `colours.THEMES`, its script the
thresholds of `health`, and so on.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from autograd_lite.reading.algebra import SHOWN
from autograd_lite.reading.health import AROUND, EXPLODING, SATURATED
from autograd_lite.viz.colours import THEMES, legible
from autograd_lite.viz.dot import FONT, THICKER, THIN

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
        colours[words] = legible(colours[words], *grounds)
    colours["lit"] = legible(_LIT[name], *grounds)
    colours["edge"] = legible(theme.line, theme.paper, least=3.0)  # lines need less than words
    lines = "".join(f" --{key}: {value};" for key, value in colours.items())
    return f":root {{ color-scheme: {name}; --font: {FONT};{lines} }}"
