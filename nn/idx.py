"""IDX, the format of the MNIST files: a short header and big-endian numbers, often gzipped.

Two zero bytes, one byte for the type of the elements, one for the number of axes, the length of
each axis as an unsigned 32-bit number, then the elements, the last axis fastest. Source:
http://yann.lecun.com/exdb/mnist.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from io import BufferedIOBase

import numpy as np

from autograd_lite.engine.primitive import Array
from autograd_lite.nn.files import Path, replacing

DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
"""The format's type bytes, and NumPy's names for them."""

CODES = {np.dtype(name).newbyteorder("="): code for code, name in DTYPES.items()}
MOST_AXES = 64  # NumPy's limit
GZIP_MAGIC = b"\x1f\x8b"
GZIP_RATIO = 1032  # deflate cannot pack tighter
CHUNK = 1 << 20


def read_idx(path: Path) -> Array:
    """The array in an IDX file, gzipped or plain (told by its first bytes, not by its name).

    Returns:
        An array of the file's type and shape (uint8 for MNIST), in this machine's byte order.

    Raises:
        ValueError: if the file is not IDX, is shorter or longer than its header says, or is a
            broken gzip file; the message names the file and what is wrong.

    >>> import tempfile, os
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     name = os.path.join(folder, "labels-idx1-ubyte.gz")
    ...     write_idx(name, np.array([5, 0, 4], np.uint8))
    ...     read_idx(name)
    array([5, 0, 4], dtype=uint8)
    """
    with open(path, "rb") as raw:
        packed = raw.read(2) == GZIP_MAGIC
        raw.seek(0)
        room = os.fstat(raw.fileno()).st_size * (GZIP_RATIO if packed else 1)
        stream: BufferedIOBase = gzip.GzipFile(fileobj=raw) if packed else raw
        try:
            return _read(stream, room)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"read_idx: {os.fspath(path)}: broken gzip file: {error}") from error
        except ValueError as error:
            raise ValueError(f"read_idx: {os.fspath(path)}: {error}") from None


def _read(stream: BufferedIOBase, room: int) -> Array:
    """The array in a stream of at most `room` bytes."""
    dtype, shape = _read_header(stream)
    size = math.prod(shape) * dtype.itemsize
    if size > room:
        raise ValueError(f"too short: its header declares shape {shape}, {size} bytes")
    data = bytearray()  # grows with what is there, not with what is declared
    while len(data) < size:
        chunk = stream.read(min(CHUNK, size - len(data)))
        if not chunk:
            raise ValueError(f"too short: {len(data)} bytes of data, shape {shape} needs {size}")
        data += chunk
    if stream.read(1):
        raise ValueError(f"too long: there is more than the {size} bytes of shape {shape}")
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _read_header(stream: BufferedIOBase) -> tuple[np.dtype[np.generic], tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4:
        raise ValueError(f"too short: {len(magic)} bytes are no IDX header")
    if magic[:2] != b"\0\0" or magic[2] not in DTYPES or magic[3] > MOST_AXES:
        raise ValueError(
            f"no IDX file: it begins with {magic.hex(' ')}; "
            "00 00 08 03 is expected of images, 00 00 08 01 of labels"
        )
    axes = magic[3]
    lengths = stream.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise ValueError(f"too short: the lengths of its {axes} axes are not complete")
    return np.dtype(DTYPES[magic[2]]), struct.unpack(f">{axes}I", lengths)


def write_idx(path: Path, array: Array) -> None:
    """Write an array as an IDX file, gzipped if the name ends in `.gz`.

    It is written beside and renamed, so that `path` is never half a file.

    Raises:
        TypeError: if the format has no such elements; it has uint8, int8, int16, int32, float32
            and float64.
        ValueError: if an axis has 2³² elements or more.
    """
    array = np.asarray(array)
    code = CODES.get(array.dtype.newbyteorder("="))
    if code is None:
        kinds = ", ".join(str(dtype) for dtype in CODES)
        raise TypeError(f"write_idx: IDX cannot hold {array.dtype}; convert it to one of {kinds}")
    if any(length >= 1 << 32 for length in array.shape):
        raise ValueError(f"write_idx: shape {array.shape} has an axis of 2**32 elements or more")
    header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    data = array.astype(DTYPES[code], copy=False).tobytes()
    with replacing(path) as raw:
        if os.fspath(path).endswith(".gz"):
            # no name and no time inside: the same array gives the same file
            with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as stream:
                stream.write(header + data)
        else:
            raw.write(header + data)
