"""Writing a file so that whoever reads it finds the old one or the new one, never half of one."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from typing import BinaryIO

Path = str | os.PathLike[str]


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `path` once it is complete and on the disk.

    The bytes go to a file `.saving-….tmp` in the same folder, which is renamed at the end. If the
    block raises, `path` is as it was and the new file is removed; if the process is killed,
    `path` is the old file or the new one, and the temporary one may be left behind.

    Raises:
        ValueError: if `path` is a folder, a device, or anything but an ordinary file.
        PermissionError: if `path` is write-protected.
    """
    target = os.path.realpath(path)  # of a link, what it points to is replaced
    exists = os.path.exists(target)
    if exists and not os.path.isfile(target):
        raise ValueError(f"{os.fspath(path)} is not an ordinary file: give the name of a file")
    if exists and not os.access(target, os.W_OK):
        raise PermissionError(f"{os.fspath(path)} is write-protected")
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, f".saving-{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())  # renaming first could leave a name without its bytes
        if exists:
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException:  # a Ctrl-C too
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _flush_folder(folder)


def _flush_folder(folder: str) -> None:
    """Make the renaming itself last, where the system can."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # some file systems refuse; the file is complete already
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
