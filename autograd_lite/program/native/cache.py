"""Machine code on disk, so that it is compiled once."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

MOST = 2**28
"""How many bytes of files are kept: the oldest go first."""

TIDIED = 64
"""After about how many new files it is seen to that they are not more."""

_MARK = b"autograd_lite 2\n"


def folder() -> Path:
    """Where it is kept: `autograd_lite` in the user's folder for such files."""
    home = os.environ.get("XDG_CACHE_HOME")
    if home:
        return Path(home) / "autograd_lite"
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"]) / "autograd_lite" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "autograd_lite"
    return Path.home() / ".cache" / "autograd_lite"


def kept(key: str, make: Callable[[], bytes]) -> bytes:
    """What `make` gives, or has given for the same key before.

    A file that is not as it was written, or was written for another key, is made anew; a folder
    that cannot be written to is none.
    """
    name = hashlib.sha256(key.encode()).hexdigest()
    try:
        path = folder() / f"{name}.o"
        found = _checked(name, path.read_bytes())
    except (OSError, RuntimeError):  # without a home
        found = None
    if found is not None:
        return found
    made = make()
    with contextlib.suppress(OSError, RuntimeError):
        _write(folder() / f"{name}.o", _marked(name, made) + made)
        if int(name[:8], 16) % TIDIED == 0:
            _tidy(folder())
    return made


def _marked(name: str, body: bytes) -> bytes:
    """What stands before the machine code in a file of that name."""
    return _MARK + hashlib.sha256(name.encode() + body).digest()


def _checked(name: str, content: bytes) -> bytes | None:
    """What was written, if all of it is there, and under that name."""
    body = content[len(_MARK) + 32 :]
    return body if content[: -len(body) or None] == _marked(name, body) else None


def _write(path: Path, content: bytes) -> None:
    """All of a file or nothing, whoever else writes it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _tidy(kept_in: Path) -> None:
    """Remove the files that were written first, if there is more than is to be kept."""
    files = []
    for path in kept_in.iterdir():
        with contextlib.suppress(OSError):
            status = path.stat()
            files.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= MOST:
            return
        with contextlib.suppress(OSError):
            path.unlink()
            total -= size
