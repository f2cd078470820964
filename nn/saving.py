"""Saving arrays and models: safetensors or `.npz`, by the name's ending; never pickle.

Both formats hold numbers only, so that opening a file of unknown origin runs nothing. A file is
written beside and renamed: whoever reads it finds the old one or the new one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.primitive import Array
from autograd_lite.nn import files
from autograd_lite.nn.npz import DTYPES, METADATA, as_saved, from_npz, to_npz

SUFFIXES = (".npz", ".safetensors")
MOST_NAME = 1000


class Saved(dict[str, Array]):
    """Arrays by name, as they were saved, and the `metadata` that was saved with them."""

    def __init__(self, arrays: Mapping[str, Array], metadata: Mapping[str, str]) -> None:
        super().__init__(arrays)
        self.metadata = dict(metadata)


class HasState(Protocol):
    """What can be saved: a `Module`, or anything else that gives and takes its arrays."""

    def state(self) -> Mapping[str, Array]: ...

    def load_state(self, state: Mapping[str, Array], /) -> Any: ...


def save(
    path: files.Path, arrays: Mapping[str, Any], metadata: Mapping[str, str] | None = None
) -> None:
    """Save arrays by name (Tensors too: their numbers) in the file `….npz` or `….safetensors`.

    Every bit is kept: dtype, shape (also of no axes, or of length 0), minus zero, not-a-number.
    The file is the old one or the new one at any moment, even if the process is killed.

    Args:
        metadata: strings by name, to be saved with them.

    Raises:
        ValueError: if the name ends otherwise, or a name in it cannot be kept.
        TypeError: if something is not an array of real numbers or truth values.
        ImportError: if safetensors is asked for and not installed.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/xor.npz", {"W1": np.eye(2), "b1": np.float32(0.5)}, {"epochs": "10"})
    ...     saved = load(f"{folder}/xor.npz")
    >>> saved["W1"]
    array([[1., 0.],
           [0., 1.]])
    >>> saved["b1"], saved.metadata
    (array(0.5, dtype=float32), {'epochs': '10'})
    """
    suffix = _suffix("save", path)
    whole = {_checked_name(name): _checked(name, array) for name, array in arrays.items()}
    notes = dict(metadata or {})
    for item in (*notes, *notes.values()):
        if not isinstance(item, str):
            raise TypeError(f"save: metadata must be strings by name, not {item!r}")
    data = to_npz(whole, notes) if suffix == ".npz" else _to_safetensors(whole, notes)
    with files.replacing(path) as stream:
        stream.write(data)


def load(path: files.Path) -> Saved:
    """The arrays in a file that `save` wrote, or that came from elsewhere in these formats.

    Returns:
        A dictionary of arrays by name; its attribute `metadata` is one of strings.

    Raises:
        ValueError: if the file is cut off, damaged, declares more than there is, or holds
            anything but real numbers and truth values; the message names file and fault.
        ImportError: if it is of safetensors, and that is not installed.
    """
    suffix = _suffix("load", path)
    data = Path(path).read_bytes()
    try:
        arrays, metadata = from_npz(data) if suffix == ".npz" else _from_safetensors(data)
    except ValueError as error:
        raise ValueError(f"load: {os.fspath(path)}: {error}") from None
    return Saved(arrays, metadata)


def save_model(
    path: files.Path, model: HasState, metadata: Mapping[str, str] | None = None
) -> None:
    """Save `model.state()`: all that the model has learnt, by name; see `save`."""
    save(path, model.state(), metadata)


def load_model(path: files.Path, model: HasState) -> dict[str, str]:
    """Give a model of the same architecture the numbers in a file; returns its metadata.

    Raises:
        ValueError: if the file is broken (see `load`), or if its names, shapes or dtypes are not
            those of the model. The message lists what differs; the model is as it was.
    """
    saved = load(path)
    differences = _differences(saved, model.state())
    if differences:
        raise ValueError(
            f"load_model: {os.fspath(path)} is of another model, and this one was left as it "
            f"was:\n  " + "\n  ".join(differences)
        )
    model.load_state(saved)
    return saved.metadata


def _differences(saved: Mapping[str, Array], here: Mapping[str, Array]) -> list[str]:
    lines = [f"{name!r} is not in the file" for name in here if name not in saved]
    lines += [f"{name!r} is not in the model" for name in saved if name not in here]
    for name in here:
        if name in saved and _kind(saved[name]) != _kind(here[name]):
            lines.append(f"{name!r}: {_kind(saved[name])} in the file, {_kind(here[name])} here")
    return lines if len(lines) <= 20 else [*lines[:20], f"and {len(lines) - 20} more"]


def _kind(array: Any) -> str:
    array = np.asarray(array)
    return f"{array.dtype.name} of shape {array.shape}"


def _suffix(name: str, path: files.Path) -> str:
    suffix = Path(path).suffix
    if suffix not in SUFFIXES:
        raise ValueError(f"{name}: {os.fspath(path)} must end in {' or '.join(SUFFIXES)}")
    return suffix


def _checked_name(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"save: a name must be a str, not {type(name).__name__}")
    if name == METADATA or "\0" in name or len(name) > MOST_NAME:
        raise ValueError(f"save: an array cannot be named {name[:50]!r}")
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"save: an array cannot be named {name[:50]!r}") from None
    return name


def _checked(name: str, x: Any) -> Array:
    array = np.asarray(detached(x))
    if array.dtype.str[1:] not in DTYPES:
        raise TypeError(f"save: {name!r} holds {array.dtype}, not real numbers or truth values")
    return as_saved(name, array)


# ---------------------------------------------------------------- safetensors


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            "a .safetensors file needs safetensors: pip install 'autograd_lite[save]'; "
            "a .npz file needs nothing"
        ) from error
    return safetensors


def _to_safetensors(arrays: dict[str, Array], metadata: dict[str, str]) -> bytes:
    data: bytes = _safetensors().numpy.save(arrays, metadata or None)
    return data


def _from_safetensors(data: bytes) -> tuple[dict[str, Array], dict[str, str]]:
    safetensors = _safetensors()
    try:
        arrays = safetensors.numpy.load(data)  # compares the header with the bytes there are
    except safetensors.SafetensorError as error:
        raise ValueError(f"no whole safetensors file: {error}") from None
    except KeyError as error:
        raise ValueError(f"NumPy has no elements of type {error}") from None
    header = data[8 : 8 + int.from_bytes(data[:8], "little")]
    metadata = json.loads(header, object_pairs_hook=_once).get(METADATA) or {}
    for name, array in arrays.items():
        if array.dtype.str[1:] not in DTYPES:
            raise ValueError(f"{name!r} holds {array.dtype}, not real numbers or truth values")
    return {name: as_saved(name, array) for name, array in arrays.items()}, metadata


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, in which no name may stand twice."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name is there twice")
    return dict(pairs)
