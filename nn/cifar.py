"""CIFAR-10: 60,000 colour images of 32×32 pixels in ten classes, in both forms of its files.

The "Python version" consists of pickles. A pickle is a program, and running one that somebody
else wrote hands them the machine; so these are not unpickled. `read_cifar10_batch` walks through
the few instructions that such a file is made of and builds dictionaries, lists, numbers, text
and arrays of bytes; any other instruction, and any other name, is an error.

Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009,
https://www.cs.toronto.edu/~kriz/cifar.html.
"""

from __future__ import annotations

import os
import pickletools
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.engine.primitive import Array
from autograd_lite.nn import files

SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
TRAINING = tuple(f"data_batch_{i}" for i in range(1, 6))
TEST = "test_batch"
PROTO = b"\x80"  # how a pickle begins; a label is at most 9
FOLDERS = ("", "cifar-10-batches-py", "cifar-10-batches-bin")


class Cifar10(NamedTuple):
    """Images (n, 3, 32, 32) of bytes, labels (n,), and the ten classes that they count."""

    train_images: Array
    train_labels: Array
    test_images: Array
    test_labels: Array
    names: tuple[str, ...]


def load_cifar10(folder: files.Path) -> Cifar10:
    """CIFAR-10 from the folder that its archive was unpacked in, Python or binary version.

    Raises:
        FileNotFoundError: if the batches are not there; the message says which names.
        ValueError: if a file is not what it should be; see `read_cifar10_batch`.
    """
    for place in (Path(folder) / name for name in FOLDERS):
        for suffix in ("", ".bin"):
            if (place / (TEST + suffix)).is_file():
                train = [read_cifar10_batch(place / (name + suffix)) for name in TRAINING]
                images, labels = (np.concatenate(parts) for parts in zip(*train, strict=True))
                return Cifar10(
                    images, labels, *read_cifar10_batch(place / (TEST + suffix)), _names(place)
                )
    raise FileNotFoundError(
        f"load_cifar10: no test_batch or test_batch.bin in {os.fspath(folder)}; unpack the archive "
        "of https://www.cs.toronto.edu/~kriz/cifar.html there"
    )


def read_cifar10_batch(path: files.Path) -> tuple[Array, Array]:
    """Images and labels of one batch file; its first byte tells the two versions apart.

    Returns:
        Images (n, 3, 32, 32), colours red, green, blue, and labels (n,) 0 … 9, both uint8.

    Raises:
        ValueError: if the file is cut off, or holds anything but such a batch; the message names
            the file and what is wrong. Nothing in the file is ever executed.
    """
    data = Path(path).read_bytes()
    try:
        if data[:1] == PROTO:
            return _from_python(_fields(data))
        return _from_binary(data)
    except ValueError as error:
        raise ValueError(f"read_cifar10_batch: {os.fspath(path)}: {error}") from None


def _from_binary(data: bytes) -> tuple[Array, Array]:
    """A byte for the label and 3072 for the image, n times."""
    if not data or len(data) % (1 + PIXELS):
        raise ValueError(f"{len(data)} bytes are no whole number of records of {1 + PIXELS} bytes")
    records = np.frombuffer(data, np.uint8).reshape(-1, 1 + PIXELS)
    return records[:, 1:].copy().reshape(-1, *SHAPE), _labels(records[:, 0].tolist())


def _from_python(fields: dict[str, Any]) -> tuple[Array, Array]:
    images, labels = fields.get("data"), fields.get("labels")
    if not isinstance(images, _PickledArray) or not isinstance(labels, list):
        raise ValueError(f"no batch of CIFAR-10: it holds {_listed(fields)}, not data and labels")
    array = images.array()
    if array.shape != (len(labels), PIXELS):
        raise ValueError(
            f"{len(labels)} labels need data of shape {(len(labels), PIXELS)}, not {array.shape}"
        )
    return array.reshape(-1, *SHAPE), _labels(labels)


def _labels(labels: list[Any]) -> Array:
    for label in labels:
        if type(label) is not int or not 0 <= label < len(NAMES):
            what = label if type(label) is int else type(label).__name__
            raise ValueError(f"a label is {what}, not a whole number from 0 to {len(NAMES) - 1}")
    return np.array(labels, np.uint8)


def _names(folder: Path) -> tuple[str, ...]:
    """The classes as the file beside the batches has them."""
    text, pickled = folder / "batches.meta.txt", folder / "batches.meta"
    if text.is_file():
        return tuple(text.read_text("utf-8").split())
    if not pickled.is_file():
        return NAMES
    try:
        names = _fields(pickled.read_bytes()).get("label_names")
        if not isinstance(names, list):
            raise ValueError("it has no list label_names")
        return tuple(_text(name) for name in names)
    except ValueError as error:
        raise ValueError(f"load_cifar10: {pickled}: {error}") from None


# ---------------------------------------------------------------- the instructions of a pickle


class _Known(Enum):
    """The names that a batch refers to. They stand for themselves; nothing is imported."""

    RECONSTRUCT = "_reconstruct"
    NDARRAY = "ndarray"
    DTYPE = "dtype"
    BYTES = "uint8"  # the dtype, made


KNOWN = {
    "numpy.core.multiarray _reconstruct": _Known.RECONSTRUCT,
    "numpy._core.multiarray _reconstruct": _Known.RECONSTRUCT,  # written by NumPy 2
    "numpy ndarray": _Known.NDARRAY,
    "numpy dtype": _Known.DTYPE,
}


class _PickledArray:
    """An array of bytes as the pickle describes it."""

    state: Any = None

    def array(self) -> Array:
        match self.state:
            case (int(), tuple(shape), _Known.BYTES, int(is_fortran), bytes(data)):
                pass
            case _:
                raise ValueError("data is no array of bytes (uint8)")
        if not all(type(n) is int and 0 <= n <= len(data) for n in shape):
            raise ValueError(f"data has the {len(shape)} lengths of no array")
        order: Any = "F" if is_fortran else "C"
        array = np.frombuffer(data, np.uint8).reshape(shape, order=order)
        return np.array(array, order="C")


class _Reader:
    """The stack machine of pickle, with the instructions of PUSHED and ACTIONS only."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # what was on the stack at each MARK
        self.memo: dict[int, Any] = {}

    def push(self, x: Any) -> None:
        self.stack.append(x)

    def mark(self, _: Any) -> None:
        self.below.append(self.stack)
        self.stack = []

    def since_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.below.pop()
        return items

    def append(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is not list:
            raise ValueError("it appends to what is no list")
        self.stack[-1].extend(items)

    def set_items(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is not dict:
            raise ValueError("it sets items of what is no dictionary")
        for key, value in zip(items[::2], items[1::2], strict=True):
            self.stack[-1][_text(key)] = value

    def take(self, n: int) -> tuple[Any, ...]:
        if n > len(self.stack):
            raise IndexError
        return tuple(self.stack.pop() for _ in range(n))[::-1]

    def refer(self, name: str) -> None:
        if name not in KNOWN:
            raise ValueError(
                f"refused: it asks for {name[:80].replace(' ', '.')!r}, which no batch needs"
            )
        self.push(KNOWN[name])

    def call(self, _: Any) -> None:
        match self.take(2):
            case (_Known.RECONSTRUCT, (_Known.NDARRAY, (0,), _)):
                self.push(_PickledArray())
            case (_Known.DTYPE, ("u1" | b"u1" | "uint8" | b"uint8", *_)):
                self.push(_Known.BYTES)
            case (_Known.DTYPE, _):
                raise ValueError("it holds an array of other elements than bytes (uint8)")
            case _:
                raise ValueError("refused: it calls something that is no array")

    def build(self, _: Any) -> None:
        built, state = self.take(2)
        if isinstance(built, _PickledArray):
            built.state = state
        elif built is not _Known.BYTES:  # whose state is its byte order: it has none
            raise ValueError("refused: it sets the state of something that is no array")
        self.push(built)


PUSHED = {
    *("BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE", "SHORT_BINUNICODE"),
    *("BINBYTES", "SHORT_BINBYTES"),
}
ACTIONS: dict[str, Callable[[_Reader, Any], None]] = {
    "PROTO": lambda r, _: None,
    "FRAME": lambda r, _: None,
    "STOP": lambda r, _: None,
    "NONE": lambda r, _: r.push(None),
    "NEWTRUE": lambda r, _: r.push(True),
    "NEWFALSE": lambda r, _: r.push(False),
    # text of Python 2, which is bytes
    "BINSTRING": lambda r, text: r.push(text.encode("latin-1")),
    "SHORT_BINSTRING": lambda r, text: r.push(text.encode("latin-1")),
    "MARK": _Reader.mark,
    "EMPTY_LIST": lambda r, _: r.push([]),
    "APPEND": lambda r, _: r.append(list(r.take(1))),
    "APPENDS": lambda r, _: r.append(r.since_mark()),
    "EMPTY_DICT": lambda r, _: r.push({}),
    "SETITEM": lambda r, _: r.set_items(list(r.take(2))),
    "SETITEMS": lambda r, _: r.set_items(r.since_mark()),
    "EMPTY_TUPLE": lambda r, _: r.push(()),
    "TUPLE1": lambda r, _: r.push(r.take(1)),
    "TUPLE2": lambda r, _: r.push(r.take(2)),
    "TUPLE3": lambda r, _: r.push(r.take(3)),
    "TUPLE": lambda r, _: r.push(tuple(r.since_mark())),
    "BINPUT": lambda r, i: r.memo.__setitem__(i, r.stack[-1]),
    "LONG_BINPUT": lambda r, i: r.memo.__setitem__(i, r.stack[-1]),
    "MEMOIZE": lambda r, _: r.memo.__setitem__(len(r.memo), r.stack[-1]),
    "BINGET": lambda r, i: r.push(r.memo[i]),
    "LONG_BINGET": lambda r, i: r.push(r.memo[i]),
    "GLOBAL": _Reader.refer,
    "STACK_GLOBAL": lambda r, _: r.refer(" ".join(_text(part) for part in r.take(2))),
    "REDUCE": _Reader.call,
    "BUILD": _Reader.build,
}


def _fields(data: bytes) -> dict[str, Any]:
    """The dictionary that a pickle of a batch describes; its names as text."""
    reader = _Reader()
    position = 0
    try:
        for opcode, argument, at in pickletools.genops(data):
            position = at or 0
            if opcode.name in PUSHED:
                reader.push(argument)
            elif opcode.name in ACTIONS:
                ACTIONS[opcode.name](reader, argument)
            else:
                raise ValueError(f"refused: no batch has the instruction {opcode.name}")
    except (IndexError, KeyError, UnicodeError):
        raise ValueError(f"a broken pickle: nothing fits the instruction at {position}") from None
    if position + 1 != len(data):
        raise ValueError(f"too long: {len(data) - position - 1} bytes after its end")
    if len(reader.stack) != 1 or reader.below or type(reader.stack[0]) is not dict:
        raise ValueError("it holds no dictionary")
    return reader.stack[0]


def _text(x: Any) -> str:
    if isinstance(x, bytes):
        return x.decode("latin-1")
    if not isinstance(x, str):
        raise ValueError(f"a name is of type {type(x).__name__}, not text")
    return x


def _listed(fields: dict[str, Any]) -> str:
    return ", ".join(repr(name[:20]) for name in list(fields)[:8]) or "nothing"
