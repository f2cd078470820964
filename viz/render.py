"""From a graph in the DOT language to a file: svg, png or pdf, or the text itself.

Drawn by a `dot` program if there is one, else in process by pygraphviz, whose wheels bundle the
Graphviz libraries.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import graphviz

FORMATS = ("svg", "png", "pdf", "dot")


def check_suffix(path: str | Path) -> str:
    """The format that the suffix of a file names.

    Raises:
        ValueError: if it is none that can be drawn.

    >>> check_suffix("layer.svg")
    'svg'
    """
    suffix = Path(path).suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        known = ", ".join(f".{name}" for name in FORMATS)
        raise ValueError(f"{str(path)!r}: the suffix says what to draw; it must be one of {known}")
    return suffix


def render(source: str, form: str) -> bytes:
    """A graph in the DOT language, drawn.

    Args:
        source: the graph.
        form: "svg", "png", "pdf", or "dot" for the text itself.

    Raises:
        RuntimeError: if neither a `dot` program nor pygraphviz is installed.
    """
    if form == "dot":
        return source.encode()
    if shutil.which("dot"):
        return graphviz.Source(source).pipe(format=form)  # type: ignore[no-any-return]
    try:
        import pygraphviz
    except ImportError:
        raise RuntimeError(
            f"drawing {form} needs Graphviz: pip install 'autograd_lite[viz]', or install the "
            "program dot (Debian: apt install graphviz); a .dot file can be written without"
        ) from None
    return pygraphviz.AGraph(string=source).draw(format=form, prog="dot")  # type: ignore[no-any-return]


def save(source: str, path: Path) -> None:
    """Draw a graph to a file, in the format of its suffix; the file is whole or untouched.

    Raises:
        ValueError: if the suffix names no format.
        RuntimeError: if no Graphviz is installed.
        OSError: if the file cannot be written.
    """
    drawn = render(source, check_suffix(path))
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(drawn)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
