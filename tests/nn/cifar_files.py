"""Writes files like those of CIFAR-10: pickles as Python 2 made them, and the binary version."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
ARRAY = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\1b\x87R"
UINT8 = b"cnumpy\ndtype\nU\2u1K\0K\1\x87R(K\3U\1|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"


def python2_pickle(x: Any) -> bytes:
    """What `cPickle.dumps(x, 2)` of Python 2 gave, but for the memo; text there was bytes."""
    return b"\x80\2" + _instructions(x) + b"."


def _instructions(x: Any) -> bytes:
    if isinstance(x, bytes):
        return b"U" + bytes([len(x)]) + x if len(x) < 256 else b"T" + struct.pack("<i", len(x)) + x
    if isinstance(x, int):
        return b"K" + bytes([x]) if x < 256 else b"M" + struct.pack("<H", x)
    if isinstance(x, list):
        return b"]q\1(" + b"".join(map(_instructions, x)) + b"e"
    if isinstance(x, dict):
        items = b"".join(_instructions(key) + _instructions(value) for key, value in x.items())
        return b"}q\2(" + items + b"u"
    assert isinstance(x, np.ndarray)
    assert x.dtype == np.uint8
    shape = b"".join(map(_instructions, x.shape))
    is_fortran = b"\x89" if x.flags.c_contiguous else b"\x88"
    data = _instructions(x.tobytes("C" if x.flags.c_contiguous else "F"))
    return ARRAY + b"(K\1(" + shape + b"t" + UINT8 + is_fortran + data + b"tb"


def samples(n: int, seed: int) -> tuple[np.ndarray, list[int]]:
    """Rows (n, 3072) of bytes, and labels."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 3072), np.uint8), rng.integers(0, 10, n).tolist()


def batch(rows: np.ndarray, labels: list[int]) -> dict[bytes, Any]:
    """The dictionary of one batch of the Python version."""
    names = [b"leptodactylus_pentadactylus_s_%06d.png" % i for i in range(len(labels))]
    return {
        b"batch_label": b"training batch 1 of 5",
        b"labels": labels,
        b"data": rows,
        b"filenames": names,
    }


def binary(rows: np.ndarray, labels: list[int]) -> bytes:
    """The same samples in the binary version."""
    return np.column_stack([np.array(labels, np.uint8), rows]).tobytes()


def write_cifar10(folder: Path, n: int, is_binary: bool) -> None:
    """The six batches of n samples each (seeds 1 … 5, and 6 for the test) and the names."""
    for seed, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"], 1):
        if is_binary:
            (folder / f"{name}.bin").write_bytes(binary(*samples(n, seed)))
        else:
            (folder / name).write_bytes(python2_pickle(batch(*samples(n, seed))))
    if is_binary:
        (folder / "batches.meta.txt").write_text("\n".join(NAMES) + "\n\n")
    else:
        names = [name.encode() for name in NAMES]
        meta = {b"num_cases_per_batch": n, b"label_names": names, b"num_vis": 3072}
        (folder / "batches.meta").write_bytes(python2_pickle(meta))
