"""From a graph in the DOT language to svg, png or pdf, and to a file.

Drawn by a `dot` program if there is one, else in process by pygraphviz, whose wheels bundle the
Graphviz libraries.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import graphviz


def render(source: str, form: str, engine: str = "dot") -> bytes:
    """A graph in the DOT language, drawn.

    Args:
        source: the graph.
        form: "svg", "png" or "pdf".
        engine: what lays it out: "dot", or "neato", which keeps to the places given in inches.

    Raises:
        RuntimeError: if neither a `dot` program nor pygraphviz is installed.
    """
    if shutil.which("dot"):
        return graphviz.Source(source).pipe(format=form, engine=engine)  # type: ignore[no-any-return]
    try:
        import pygraphviz
    except ImportError:
        raise RuntimeError(
            f"drawing {form} needs Graphviz: pip install 'autograd_lite[viz]', or install the "
            "program dot (Debian: apt install graphviz); a .dot file can be written without"
        ) from None
    with _without_font_warnings():
        return pygraphviz.AGraph(string=source).draw(format=form, prog=engine)  # type: ignore[no-any-return]


@contextmanager
def _without_font_warnings() -> Iterator[None]:
    """The bundled Fontconfig warns on the standard error of entries in the system's configuration
    that it does not know; everything else written there meanwhile is passed on."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            said.seek(0)
            for line in said:
                if not line.startswith(b"Fontconfig warning"):
                    os.write(2, line)


def write(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it, so that it is whole or untouched.

    Raises:
        OSError: if it cannot be written.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name[:50], suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
