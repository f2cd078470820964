"""NumPy's `.npz` (a zip of arrays), written and read without pickle and without `eval`.

`numpy.load` reads what is written here, and what `numpy.savez` writes is read here. A file from
elsewhere is not trusted: what it declares is compared with what is there before any memory is
taken. Source: NumPy Enhancement Proposal 1, https://numpy.org/neps/nep-0001-npy-format.html.
"""

from __future__ import annotations

import io
import json
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Array

DTYPES = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
"""The elements that can be saved: kind, and bytes each."""

METADATA = "__metadata__"
MAGIC = b"\x93NUMPY"
MOST_HEADER = 10_000
HEADER = re.compile(
    r"\{\s*'descr':\s*'(?P<order>[<>|=])(?P<dtype>\w+)'\s*,"
    r"\s*'fortran_order':\s*(?P<fortran>True|False)\s*,"
    r"\s*'shape':\s*\((?P<shape>(\d{1,18}(,\s*\d{1,18}){0,63},?)?)\),?\s*\}\s*"
)
MOST_BYTES, MOST_RATIO = 1 << 26, 100
"""Unpacked, a file may have 64 MiB, or a hundred times its own size: weights do not pack so
tightly, only bombs do."""

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,  # of seeking to nowhere: the bytes are in memory
    IndexError,
    OverflowError,
    RuntimeError,  # encrypted, or compressed in another way
)


def to_npz(arrays: Mapping[str, Array], metadata: Mapping[str, str]) -> bytes:
    """The file as bytes: the same arrays give the same bytes."""
    whole = dict(arrays)
    if metadata:
        text = json.dumps(dict(metadata), ensure_ascii=False)
        whole[METADATA] = np.frombuffer(text.encode("utf-8"), np.uint8)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, array in whole.items():
            member = zipfile.ZipInfo(f"{name}.npy")  # dated 1980
            with archive.open(member, "w", force_zip64=True) as written:
                np.lib.format.write_array(written, array, allow_pickle=False)
    return stream.getvalue()


def from_npz(data: bytes) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays and the metadata in the bytes of a file.

    Raises:
        ValueError: if anything in it is not as it must be.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            total = sum(member.file_size for member in members)
            if total > max(MOST_BYTES, MOST_RATIO * len(data)):
                raise ValueError(f"refused: {len(data)} bytes that unpack to {total}")
            arrays: dict[str, Array] = {}
            for member in members:
                name = member.filename.removesuffix(".npy")
                if name == member.filename or name in arrays:
                    raise ValueError(f"{name[:80]!r} is no array, or there twice")
                with archive.open(member) as stream:
                    arrays[name] = _read(stream, name[:80], member.file_size)
    except BROKEN as error:
        raise ValueError(f"a broken zip file: {error}") from None
    text = arrays.pop(METADATA, None)
    return arrays, {} if text is None else _metadata(text)


def _read(stream: Any, name: str, length: int) -> Array:
    """The array in a member of that length. The zip's checksum is compared at its end."""
    dtype, shape, order = _read_header(stream, name)
    size, there = math.prod(shape) * dtype.itemsize, length - stream.tell()
    if size != there:
        raise ValueError(f"{name!r}: {dtype} of shape {shape} is {size} bytes, and has {there}")
    data = stream.read(size)
    if len(data) != size:
        raise ValueError(f"{name!r} is cut off")
    return as_saved(name, np.frombuffer(data, dtype).reshape(shape, order=order))


def _read_header(stream: Any, name: str) -> tuple[np.dtype[Any], tuple[int, ...], Any]:
    start = stream.read(8)
    if start[:6] != MAGIC or start[6] not in (1, 2, 3):
        raise ValueError(f"{name!r} is no NumPy array")
    length = int.from_bytes(stream.read(2 if start[6] == 1 else 4), "little")
    if length > MOST_HEADER:
        raise ValueError(f"{name!r} has a header of {length} bytes")
    found = HEADER.fullmatch(stream.read(length).decode("latin-1"))
    if found is None or found["dtype"] not in DTYPES:
        raise ValueError(f"{name!r} is no array of real numbers or truth values")
    shape = tuple(int(n) for n in re.findall(r"\d+", found["shape"]))
    order = "F" if found["fortran"] == "True" else "C"
    return np.dtype(found["order"] + found["dtype"]), shape, order


def _metadata(text: Array) -> dict[str, str]:
    try:
        metadata = json.loads(text.tobytes())
    except (ValueError, RecursionError):
        metadata = None
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError(f"{METADATA} is no JSON object of strings")
    return metadata


def as_saved(name: str, array: Array) -> Array:
    """A copy of the array as both formats hold it: rows first, this machine's byte order.

    Raises:
        ValueError: if a truth value is a byte other than 0 and 1, which NumPy takes on trust.
    """
    if array.dtype == np.bool and (array.view(np.uint8) > 1).any():
        raise ValueError(f"{name!r} has truth values other than 0 and 1")
    return np.array(array, array.dtype.newbyteorder("="), order="C")
