"""The IDX reader and writer: round trips, the header of the MNIST files, broken files."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograd_lite.nn.idx import DTYPES, read_idx, write_idx

ARRAYS = st.sampled_from(sorted(DTYPES.values())).flatmap(
    lambda dtype: hnp.arrays(
        np.dtype(dtype).newbyteorder("="),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    )
)
SUFFIXES = st.sampled_from(["", ".gz"])
IMAGES = struct.pack(">4B3I", 0, 0, 8, 3, 2, 2, 3) + bytes(range(12))


@given(ARRAYS, SUFFIXES)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"round-trip{suffix}"
    write_idx(path, array)
    back = read_idx(path)
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()  # not a number, minus zero: the same bits
    assert back.flags.writeable


@given(st.binary(max_size=40) | st.binary(max_size=30).map(lambda tail: IMAGES[:5] + tail))
def test_any_other_bytes_are_refused_or_read_in_full(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(data)
    try:
        array = read_idx(path)
    except ValueError as error:
        message = str(error)
    else:
        message = f"{path}"
        assert len(data) == 4 + 4 * array.ndim + array.nbytes
    assert str(path) in message


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_strided_big_endian_array(tmp_path: Path, suffix: str) -> None:
    array = np.arange(24, dtype=">i4").reshape(4, 6)[::2, ::-3].T
    write_idx(tmp_path / f"a{suffix}", array)
    np.testing.assert_array_equal(read_idx(tmp_path / f"a{suffix}"), array)


@pytest.mark.parametrize("packed", [False, True])
def test_bytes_of_the_format(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "images"  # gzip is told by content
    path.write_bytes(gzip.compress(IMAGES) if packed else IMAGES)
    array = read_idx(path)
    assert array.dtype == np.uint8
    np.testing.assert_array_equal(array, np.arange(12).reshape(2, 2, 3))


def test_the_writer_writes_these_bytes(tmp_path: Path) -> None:
    write_idx(tmp_path / "plain", np.arange(12, dtype=np.uint8).reshape(2, 2, 3))
    assert (tmp_path / "plain").read_bytes() == IMAGES
    write_idx(tmp_path / "packed.gz", np.arange(12, dtype=np.uint8))
    assert (tmp_path / "packed.gz").read_bytes()[:8] == b"\x1f\x8b\x08" + bytes(5)  # no time
    assert sorted(os.listdir(tmp_path)) == ["packed.gz", "plain"]


PACKED = gzip.compress(IMAGES, mtime=0)
BOMB = gzip.compress(struct.pack(">4B2I", 0, 0, 8, 2, 1 << 31, 1 << 31) + bytes(1000))
BROKEN = {
    "empty": (b"", "too short"),
    "half a header": (IMAGES[:9], "too short"),
    "wrong magic": (b"\1" + IMAGES[1:], "no IDX file.*01 00 08 03"),
    "unknown type": (b"\0\0\7" + IMAGES[3:], "no IDX file"),
    "65 axes": (b"\0\0\x08\x41" + bytes(300), "no IDX file"),
    "text": (b"<html>404</html>", "no IDX file"),
    "short": (IMAGES[:-1], "too short"),
    "long": (IMAGES + b"\0", "too long"),
    "declares 16 GB": (b"\0\0\x08\2" + b"\0\2\0\0" * 2 + bytes(50), "too short.*17179869184"),
    "declares no end of zeros": (b"\0\0\x08\x04" + bytes(4) + b"\xff" * 12, "array is too big"),
    "gzip, short inside": (gzip.compress(IMAGES[:-1]), "too short: 11 bytes"),
    "gzip, long inside": (gzip.compress(IMAGES + b"\0"), "too long"),
    "gzip, cut": (PACKED[:-3], "broken gzip file"),
    "gzip, other checksum": (PACKED[:-8] + b"\0" * 4 + PACKED[-4:], "broken gzip.*CRC"),
    "gzip, damaged": (PACKED[:10] + b"\xff" * 10 + PACKED[20:], "broken gzip file"),
    "gzip, rubbish behind": (PACKED + b"rubbish", "broken gzip file"),
    "gzip, declares 2**62 bytes": (BOMB, "too short: its header declares"),
}


@pytest.mark.parametrize("case", [pytest.param(case, id=f"001-19 {case}") for case in BROKEN])
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path: Path, case: str) -> None:
    data, message = BROKEN[case]
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(path)
    assert "train-images-idx3-ubyte" in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "absent")


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, np.bool, np.complex128, "U3", object])
def test_other_elements_cannot_be_written(tmp_path: Path, dtype: object) -> None:
    with pytest.raises(TypeError, match="IDX cannot hold"):
        write_idx(tmp_path / "a", np.zeros(3, dtype))
    assert not os.listdir(tmp_path)


def test_an_axis_must_fit_32_bits(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"2\*\*32"):
        write_idx(tmp_path / "a", np.broadcast_to(np.uint8(0), (1 << 32, 0)))
    assert not os.listdir(tmp_path)
