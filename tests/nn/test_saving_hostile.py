"""Files that were not written by `save`: refused with what is wrong, before memory is taken."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.nn.npz import DTYPES, to_npz
from autograd_lite.nn.saving import load, save


def npy(header: str, data: bytes = b"", version: int = 1) -> bytes:
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header.encode("latin-1") + data


def declared(shape: str, descr: str = "'<f8'", fortran: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n"


def zipped(*members: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def one(data: bytes) -> bytes:
    return zipped(("a.npy", data))


def saved_by_numpy(array: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, a=array)
    return stream.getvalue()


def overlapping(copies: int) -> bytes:
    """A directory that names one member many times."""
    data = bytearray(zipped(("a.npy", npy(declared("(1000000,)"), bytes(8_000_000)))))
    end = data.rindex(b"PK\5\6")
    start = data.rindex(b"PK\1\2")
    entries = b"".join(
        bytes(data[start:end]).replace(b"a.npy", b"%c.npy" % (97 + i)) for i in range(copies)
    )
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, copies, copies, len(entries), start, 0)
    return bytes(data[:start]) + entries + tail


ONES = to_npz({"a": np.ones(3)}, {})
PAIR = npy(declared("(2,)"), bytes(16))
NPZ = {
    "empty": (b"", "broken zip file"),
    "no zip": (b"x" * 100, "broken zip file"),
    "a pickle": (pickle.dumps({"a": 1}), "broken zip file"),
    "cut": (ONES[:-10], "broken zip file"),
    "one bit": (ONES.replace(struct.pack("<d", 1), struct.pack("<d", 1.5)), "broken.*CRC"),
    "objects": (saved_by_numpy(np.array([{}], object)), "'a' is no array of real numbers"),
    "text": (saved_by_numpy(np.array(["a"])), "'a' is no array of real numbers"),
    "complex": (saved_by_numpy(np.array([1j])), "'a' is no array of real numbers"),
    "records": (saved_by_numpy(np.zeros(1, "f8,i4")), "'a' is no array of real numbers"),
    "longdouble": (one(npy(declared("(1,)", "'<f16'"), bytes(16))), "no array of real numbers"),
    "2**62 bytes": (one(npy(declared(f"({1 << 59},)"))), "is 4611686018427387904 bytes, and has 0"),
    "one more": (one(npy(declared("(3,)"), bytes(16))), "is 24 bytes, and has 16"),
    "one less": (one(npy(declared("(1,)"), bytes(16))), "is 8 bytes, and has 16"),
    "overflow": (one(npy(declared(f"({1 << 32}, {1 << 32})"))), "bytes, and has 0"),
    "zero times much": (
        one(npy(declared(f"(0, {1 << 59}, {1 << 59})"))),
        "array is too big|maximum",
    ),
    "20 digits": (one(npy(declared(f"({10**20},)"))), "no array of real"),
    "65 axes": (one(npy(declared(f"({'1, ' * 65})"), bytes(8))), "no array of real"),
    "minus": (one(npy(declared("(-1,)"))), "no array of real"),
    "an expression": (one(npy(declared("(2**9,)"))), "no array of real"),
    "a call": (one(npy(declared("(__import__('os').mkdir('made'),)"))), "no array of real"),
    "nothing in the header": (one(npy("")), "no array of real"),
    "digits without end": (one(npy(declared("(" + "1" * 9000 + "!"))), "no array of real"),
    "blanks without end": (one(npy(declared("(1,)")[:-2] + " " * 9000)), "no array of real"),
    "a long header": (one(npy(" " * 20000)), "a header of 20000 bytes"),
    "a header of 4 GB": (one(b"\x93NUMPY\2\0" + b"\xff" * 8), "a header of 4294967295 bytes"),
    "version 4": (one(npy(declared("(0,)"), version=4)), "no NumPy array"),
    "no array": (one(b"text"), "'a' is no NumPy array"),
    "nothing": (one(b""), "'a' is no NumPy array"),
    "another member": (zipped(("a.txt", PAIR)), "'a.txt' is no array"),
    "truth of 2": (one(npy(declared("(1,)", "'|b1'"), b"\2")), "truth values other than 0 and 1"),
    "metadata is no JSON": (
        to_npz({"__metadata__": np.frombuffer(b"{", np.uint8)}, {}),
        "__metadata__ is no JSON",
    ),
    "metadata is a list": (
        to_npz({"__metadata__": np.frombuffer(b"[]", np.uint8)}, {}),
        "__metadata__ is no JSON",
    ),
    "metadata of numbers": (
        to_npz({"__metadata__": np.frombuffer(b'{"a": 1}', np.uint8)}, {}),
        "__metadata__ is no JSON",
    ),
    "deep metadata": (
        to_npz({"__metadata__": np.full(100_000, ord("["), np.uint8)}, {}),
        "__metadata__ is no JSON",
    ),
    "overlapping members": (overlapping(150), "refused: .* bytes that unpack to|Overlapped"),
}


def tensors(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(dtype: str, shape: list[int], end: int) -> dict[str, Any]:
    return {"a": {"dtype": dtype, "shape": shape, "data_offsets": [0, end]}}


ENTRY = b'"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}'
SAFETENSORS = {
    "empty": (b"", "no whole safetensors file"),
    "a pickle": (pickle.dumps({"a": 1}), "no whole safetensors file"),
    "a header of 2**64 bytes": (b"\xff" * 8, "no whole safetensors file"),
    "cut": (tensors(tensor("F64", [2], 16), bytes(15)), "no whole safetensors file"),
    "bytes behind": (tensors(tensor("F64", [2], 16), bytes(17)), "no whole safetensors file"),
    "2**62 bytes": (tensors(tensor("F64", [1 << 59], 1 << 62)), "no whole safetensors file"),
    "other shape": (tensors(tensor("F64", [3], 16), bytes(16)), "no whole safetensors file"),
    "minus": (tensors(tensor("F64", [-2], 16), bytes(16)), "no whole safetensors file"),
    "zero times much": (tensors(tensor("F64", [0, 1 << 59, 1 << 59], 0)), "array is too big|whole"),
    "no such type": (tensors(tensor("O", [1], 8), bytes(8)), "no whole safetensors file"),
    "bfloat16": (tensors(tensor("BF16", [1], 2), bytes(2)), "no elements of type 'BF16'|bfloat16"),
    "complex": (tensors(tensor("C64", [1], 8), bytes(8)), "complex64, not real|C64|whole"),
    "truth of 2": (tensors(tensor("BOOL", [1], 1), b"\2"), "truth values other than 0 and 1"),
    "twice": (tensors(b"{" + ENTRY + b"," + ENTRY + b"}", b"1"), "there twice"),
    "deep": (tensors(b"[" * 100_000), "no whole safetensors file"),
}
CASES = [
    pytest.param(suffix, *case, id=f"{suffix}, {name}")
    for suffix, cases in (("npz", NPZ), ("safetensors", SAFETENSORS))
    for name, case in cases.items()
]


@pytest.mark.parametrize(("suffix", "data", "message"), CASES)
def test_hostile_files(tmp_path: Path, suffix: str, data: bytes, message: str) -> None:
    path = tmp_path / f"weights.{suffix}"
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message) as caught:
            load(path)
        assert tracemalloc.get_traced_memory()[1] < 2 * len(data) + 10_000_000
    finally:
        tracemalloc.stop()
    assert "weights" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_name_twice_in_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "twice.npz"
    with pytest.warns(UserWarning, match="Duplicate name"):
        path.write_bytes(zipped(("a.npy", PAIR), ("a.npy", PAIR)))
    with pytest.raises(ValueError, match="'a' is no array, or there twice"):
        load(path)


def test_a_bomb(tmp_path: Path) -> None:
    """300 MB of zeros that pack to 300 kB; 60 MB are let through."""
    path = tmp_path / "bomb.npz"
    for megabytes in (300, 60):
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("a.npy", "w") as member,
        ):
            member.write(npy(declared(f"({megabytes * 125_000},)")))
            for _ in range(megabytes):
                member.write(bytes(1_000_000))
        if megabytes == 300:
            with pytest.raises(ValueError, match=r"refused: \d+ bytes that unpack to 300000"):
                load(path)
    assert load(path)["a"].nbytes == 60_000_000


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
@given(st.data())
def test_changed_bytes_give_an_error_or_numbers(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / f"changed.{suffix}"
    save(path, {"W": np.arange(4.0), "b": np.array(True)}, {"k": "v"})
    changed = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(changed)
    try:
        saved = load(path)
    except ValueError as error:
        message = str(error)
    else:
        message = str(path)
        assert all(array.dtype.str[1:] in DTYPES for array in saved.values())
        assert sum(array.nbytes for array in saved.values()) <= len(changed)
    assert str(path) in message
