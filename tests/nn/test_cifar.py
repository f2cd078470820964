"""CIFAR-10: both versions give the same arrays, and a pickle that wants more gets nothing."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cifar_files import NAMES, batch, binary, python2_pickle, samples, write_cifar10
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.nn.cifar import load_cifar10, read_cifar10_batch

ROWS, LABELS = samples(4, 0)
PICKLE = python2_pickle(batch(ROWS, LABELS))


def test_the_test_file_is_a_pickle_of_a_batch() -> None:
    fields = pickle.loads(PICKLE, encoding="bytes")
    np.testing.assert_array_equal(fields[b"data"], ROWS)
    assert fields[b"labels"] == LABELS
    assert len(fields[b"filenames"]) == 4


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(PICKLE, id="Python 2"),
        pytest.param(python2_pickle(batch(np.asfortranarray(ROWS), LABELS)), id="Fortran order"),
        pytest.param(pickle.dumps(batch(ROWS, LABELS), 3), id="protocol 3"),
        pytest.param(pickle.dumps(batch(ROWS, LABELS), 4), id="protocol 4"),
        pytest.param(pickle.dumps({"data": ROWS, "labels": LABELS}, 3), id="names as text"),
        pytest.param(binary(ROWS, LABELS), id="binary"),
    ],
)
def test_every_version_gives_the_same_arrays(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "batch"
    path.write_bytes(data)
    images, labels = read_cifar10_batch(path)
    assert (images.dtype, images.shape) == (np.uint8, (4, 3, 32, 32))
    np.testing.assert_array_equal(images.reshape(4, 3072), ROWS)
    assert images[1, 2, 3, 4] == ROWS[1, 2 * 1024 + 3 * 32 + 4]  # colour, row, column
    assert labels.dtype == np.uint8
    assert labels.tolist() == LABELS
    assert images.flags.writeable


@pytest.mark.parametrize("folder", ["", "cifar-10-batches-py", "cifar-10-batches-bin"])
@pytest.mark.parametrize("is_binary", [False, True])
def test_001_01_the_whole_set(tmp_path: Path, folder: str, is_binary: bool) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    write_cifar10(tmp_path / folder, 3, is_binary)
    data = load_cifar10(tmp_path)
    assert data.train_images.shape == (15, 3, 32, 32)
    assert data.test_images.shape == (3, 3, 32, 32)
    np.testing.assert_array_equal(data.train_images[12:].reshape(3, -1), samples(3, 5)[0])
    assert data.train_labels[12:].tolist() == samples(3, 5)[1]
    assert data.test_labels.tolist() == samples(3, 6)[1]
    assert data.names == tuple(NAMES)


def test_without_the_file_of_names(tmp_path: Path) -> None:
    write_cifar10(tmp_path, 1, False)
    (tmp_path / "batches.meta").unlink()
    assert load_cifar10(tmp_path).names == tuple(NAMES)
    (tmp_path / "batches.meta").write_bytes(python2_pickle({b"label_names": 3}))
    with pytest.raises(ValueError, match=r"batches\.meta.*label_names"):
        load_cifar10(tmp_path)


def test_absent_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="test_batch"):
        load_cifar10(tmp_path)
    write_cifar10(tmp_path, 1, True)
    (tmp_path / "data_batch_3.bin").unlink()
    with pytest.raises(FileNotFoundError, match="data_batch_3"):
        load_cifar10(tmp_path)


class Harmful:
    """Would write a file, when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_that_calls_something(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "batch"
    harmful = batch(ROWS, LABELS) | {b"more": Harmful(tmp_path / "made")}
    path.write_bytes(pickle.dumps(harmful, protocol))
    with pytest.raises(ValueError, match=r"refused|records of 3073 bytes"):
        read_cifar10_batch(path)
    assert not (tmp_path / "made").exists()
    pickle.loads(path.read_bytes())
    assert (tmp_path / "made").exists()  # this is what was averted


def wrap(instructions: bytes) -> bytes:
    return b"\x80\2" + instructions + b"."


def fields(**changed: Any) -> bytes:
    whole = {b"data": ROWS, b"labels": LABELS}
    return python2_pickle(whole | {key.encode(): value for key, value in changed.items()})


DEEP = 100_000
HOSTILE = {
    "a name": (wrap(b"cos\nsystem\n"), r"refused: it asks for 'os\.system'"),
    "a name from the stack": (
        wrap(b"\x8c\2os\x8c\6system\x93X\2\0\0\0ls\x85R"),
        r"refused: it asks for 'os\.system'",
    ),
    "numpy's loader": (wrap(b"cnumpy\nload\n"), "refused"),
    "an attribute of numpy": (wrap(b"cnumpy\nndarray.tofile\n"), "refused"),
    "INST": (wrap(b"(S'ls'\nios\nsystem\n"), "refused.*STRING"),
    "NEWOBJ": (wrap(b"cnumpy\nndarray\n)\x81"), "refused.*NEWOBJ"),
    "EXT1": (wrap(b"\x82\1"), "refused.*EXT1"),
    "a persistent id": (wrap(b"Pid\n"), "refused.*PERSID"),
    "an array called": (wrap(b"cnumpy\nndarray\n)R"), "refused: it calls"),
    "a list called": (wrap(b"])R"), "refused: it calls"),
    "a dictionary's state": (wrap(b"}}b"), "refused: it sets the state"),
    "a name's state": (wrap(b"cnumpy\nndarray\n}b"), "refused: it sets the state"),
    "objects": (wrap(b"cnumpy\ndtype\nU\2O8K\0K\1\x87R"), "other elements than bytes"),
    "a far place of the memo": (wrap(b"]r\xff\xff\xff\xff0"), "refused.*POP"),
    "deep lists": (wrap(b"]" * DEEP + b"a" * (DEEP - 1)), "it holds no dictionary"),
    "deep tuples": (wrap(b"K\1" + b"\x85" * DEEP), "it holds no dictionary"),
    "a deep name": (wrap(b"}K\1" + b"\x85" * DEEP + b"K\1s"), "a name is of type tuple"),
    "a list as name": (wrap(b"}]K\1s"), "a name is of type list"),
    "a list of itself": (wrap(b"]q\0h\0a"), "it holds no dictionary"),
    "items of a list": (wrap(b"](K\1K\1u"), "no dictionary"),
    "append to a dictionary": (wrap(b"}K\1a"), "no list"),
    "half an item": (wrap(b"}(K\1u"), "shorter"),
    "an empty stack": (wrap(b"a"), "broken pickle"),
    "no mark": (wrap(b"]t"), "broken pickle"),
    "nothing there": (wrap(b"h\7"), "broken pickle"),
    "a list only": (python2_pickle(LABELS), "it holds no dictionary"),
    "two things": (wrap(b"]}"), "it holds no dictionary"),
    "bytes behind": (PICKLE + b"more", "too long: 4 bytes"),
    "cut": (PICKLE[:-100], "expected|exhausted|remain"),
    "no data": (python2_pickle({b"labels": LABELS}), "it holds 'labels', not data and labels"),
    "data is text": (fields(data=b"x" * 3072 * 4), "no batch"),
    "no state": (wrap(b"}(U\4data" + PICKLE[:0] + b"U\6labels]u"), "shorter|no batch"),
    "fewer labels": (fields(labels=LABELS[1:]), r"3 labels need data of shape \(3, 3072\)"),
    "other shape": (fields(data=ROWS[:, 1:].copy()), "need data of shape"),
    "three axes": (fields(data=ROWS.reshape(4, 3, 1024)), "need data of shape"),
    "label 10": (fields(labels=[0, 1, 2, 10]), "a label is 10, not"),
    "label of text": (fields(labels=[0, 1, 2, b"3"]), "a label is bytes, not"),
    "label true": (
        python2_pickle({b"data": ROWS[:1]})[:-2] + b"U\6labels](\x88eu.",
        "a label is bool, not",
    ),
    "binary, cut": (binary(ROWS, LABELS)[:-1], "12291 bytes are no whole number of records"),
    "binary, label 200": (b"\xc8" + binary(ROWS, LABELS)[1:], "a label is 200"),
    "empty": (b"", "0 bytes"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_and_broken_files(tmp_path: Path, case: str) -> None:
    data, message = HOSTILE[case]
    path = tmp_path / "data_batch_1"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=message) as caught:
        read_cifar10_batch(path)
    assert "data_batch_1" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_the_lengths_of_an_array_must_fit_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "data_batch_1"
    lengths = b"M\x00\x0c"  # 3072, of the shape (4, 3072)
    assert PICKLE.count(b"K\4" + lengths) == 1
    for hostile in (b"K\0" + lengths, b"J\xff\xff\xff\xff" + lengths, b"J\xff\xff\xff\x7f" * 9):
        path.write_bytes(PICKLE.replace(b"K\4" + lengths, hostile))
        with pytest.raises(ValueError, match=r"reshape|no array"):
            read_cifar10_batch(path)


@given(st.data())
def test_changed_bytes_give_an_error_or_a_batch(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    rows, labels = samples(1, 0)
    whole = python2_pickle({b"labels": labels, b"data": rows, b"filenames": [b"a", b"b"]})
    changed = bytearray(whole)
    structure = [i for i in range(len(whole)) if not 200 < i < 3200]
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.sampled_from(structure))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "changed"
    path.write_bytes(changed[: data.draw(st.integers(0, len(whole)) | st.just(len(whole)))])
    try:
        images, found = read_cifar10_batch(path)
    except ValueError as error:
        message = str(error)
    else:
        message = str(path)
        assert images.shape == (len(found), 3, 32, 32)
        assert (found < 10).all()
    assert str(path) in message
