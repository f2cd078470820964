"""Saving: every bit comes back, in both formats; a model takes only what is its own."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograd_lite import nn
from autograd_lite.engine.tensor import Tensor
from autograd_lite.nn import files
from autograd_lite.nn.npz import DTYPES
from autograd_lite.nn.saving import load, load_model, save, save_model

FORMATS = ["npz", "safetensors"]
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(
        st.sampled_from([dtype, f">{dtype}"]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    )
)
both = pytest.mark.parametrize("suffix", FORMATS)


def row(name: str) -> Any:
    """A parameter that does nothing but give the test the row's name."""
    return pytest.mark.parametrize("row", [name])


def assert_same(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> None:
    assert set(found) == set(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype.newbyteorder("=")
        assert found[name].shape == array.shape
        native = array.astype(array.dtype.newbyteorder("="))  # not a number, −0: the same bits
        assert found[name].tobytes() == native.tobytes()


@both
@given(st.dictionaries(NAMES, ARRAYS, max_size=4), st.dictionaries(NAMES, NAMES, max_size=3))
def test_every_bit_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    suffix: str,
    arrays: dict[str, np.ndarray],
    metadata: dict[str, str],
) -> None:
    path = tmp_path_factory.getbasetemp() / f"round-trip.{suffix}"
    save(path, arrays, metadata)
    saved = load(path)
    assert_same(saved, arrays)
    assert saved.metadata == metadata
    assert all(array.flags.writeable for array in saved.values())
    before = path.read_bytes()
    save(path, saved, saved.metadata)
    if suffix == "npz" or len(metadata) < 2:  # safetensors does not keep the metadata's order
        assert path.read_bytes() == before


@both
@pytest.mark.parametrize(
    "array",
    [
        np.arange(24.0).reshape(4, 6).T,
        np.arange(24)[::-3],
        np.broadcast_to(np.float32(3), (2, 3)),
        np.arange(6).astype(">i4"),
        np.array([True, False])[::-1],
        np.array([np.nan, -np.nan, -0.0, np.inf, 5e-324]),
        np.float32(1.5),
        2.5,
        [[1, 2], [3, 4]],
        Tensor([1.0, 2.0]),
        Tensor(3.0),
    ],
    ids=str,
)
def test_whatever_is_an_array(tmp_path: Path, suffix: str, array: Any) -> None:
    path = tmp_path / f"a.{suffix}"
    save(path, {"a": array})
    numbers = array.detach() if isinstance(array, Tensor) else np.asarray(array)
    assert_same(load(path), {"a": numbers})


@row("000-24")
@both
def test_the_four_arrays_of_xor(tmp_path: Path, row: str, suffix: str) -> None:
    rng = np.random.default_rng(0)
    shapes = {"W1": (2, 3), "b1": (1, 3), "W2": (3, 1), "b2": (1, 1)}
    arrays = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    save(tmp_path / f"xor.{suffix}", arrays)
    assert_same(load(tmp_path / f"xor.{suffix}"), arrays)


def test_numpy_reads_what_is_written_and_the_other_way_round(tmp_path: Path) -> None:
    arrays = {"W": np.arange(6.0).reshape(2, 3), "b": np.arange(6, dtype=">f4").reshape(3, 2).T}
    save(tmp_path / "a.npz", arrays, {"k": "é"})
    with np.load(tmp_path / "a.npz", allow_pickle=False) as found:
        assert_same({name: found[name] for name in arrays}, arrays)
        assert json.loads(found["__metadata__"].tobytes()) == {"k": "é"}
    for savez in (np.savez, np.savez_compressed):
        savez(tmp_path / "b.npz", zero=np.zeros(()), empty=np.zeros((0, 3)), **arrays)
        found = load(tmp_path / "b.npz")
        assert_same(found, arrays | {"zero": np.zeros(()), "empty": np.zeros((0, 3))})
        assert found.metadata == {}


def test_safetensors_reads_what_is_written_and_the_other_way_round(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    arrays = {"W": np.arange(6.0).reshape(2, 3), "b": np.ones(3, np.float16)}
    save(tmp_path / "a.safetensors", arrays, {"k": "v"})
    assert_same(load_file(tmp_path / "a.safetensors"), arrays)
    save_file(arrays, tmp_path / "b.safetensors", {"format": "np"})
    assert_same(load(tmp_path / "b.safetensors"), arrays)
    assert load(tmp_path / "b.safetensors").metadata == {"format": "np"}


def test_safetensors_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match=r"autograd_lite\[save\]"):
        save(tmp_path / "a.safetensors", {})
    assert not os.listdir(tmp_path)


@both
def test_what_cannot_be_saved(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    for array in (1j, "text", object(), [None], np.datetime64("2020-01-01"), np.longdouble(1)):
        with pytest.raises(TypeError, match="save: 'a' holds"):
            save(path, {"a": array})
    for name in ("__metadata__", "a\0b", "\ud800", "x" * 1001):
        with pytest.raises(ValueError, match="cannot be named"):
            save(path, {name: np.zeros(1)})
    with pytest.raises(TypeError, match="a name must be a str"):
        save(path, {3: np.zeros(1)})  # type: ignore[dict-item]
    for metadata in ({"epochs": 3}, {3: "epochs"}):
        with pytest.raises(TypeError, match="metadata must be strings"):
            save(path, {}, metadata)  # type: ignore[arg-type]
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("name", ["weights", "weights.pkl", "weights.npz.gz", "weights.NPZ"])
def test_the_ending_decides(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"must end in \.npz or \.safetensors"):
        save(tmp_path / name, {})
    with pytest.raises(ValueError, match=r"must end in \.npz or \.safetensors"):
        load(tmp_path / name)


# ---------------------------------------------------------------- beside and renamed


def test_an_error_on_the_way_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.npz"
    save(path, {"a": np.zeros(3)})
    before = path.read_bytes()
    for step in ("fsync", "replace"):
        for error in (OSError("no space left"), KeyboardInterrupt()):

            def fail(*args: Any, error: BaseException = error) -> None:
                raise error

            with monkeypatch.context() as patch:
                patch.setattr(files.os, step, fail)
                with pytest.raises(type(error)):
                    save(path, {"a": np.ones(3)})
            assert path.read_bytes() == before
            assert os.listdir(tmp_path) == ["a.npz"]


def test_links_and_rights_stay(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "a.npz", tmp_path / "link.npz"
    save(target, {})
    plain = tmp_path / "plain"
    plain.touch()
    assert target.stat().st_mode == plain.stat().st_mode
    target.chmod(0o640)
    link.symlink_to(target)
    save(link, {"a": np.ones(2)})
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert_same(load(target), {"a": np.ones(2)})


def test_only_an_ordinary_file_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(ValueError, match="not an ordinary file"):
        save(tmp_path / "folder.npz", {})
    with pytest.raises(FileNotFoundError):
        save(tmp_path / "absent" / "a.npz", {})
    save(tmp_path / "a.npz", {})
    monkeypatch.setattr(files.os, "access", lambda path, mode: False)  # root may write anything
    with pytest.raises(PermissionError, match="write-protected"):
        save(tmp_path / "a.npz", {"a": np.ones(2)})
    assert load(tmp_path / "a.npz") == {}


def test_a_name_in_the_folder_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save("a.npz", {"a": np.ones(2)})
    assert_same(load("a.npz"), {"a": np.ones(2)})


# ---------------------------------------------------------------- models


class Model:
    """As little as can be saved; it counts how often it was changed."""

    def __init__(self, **arrays: Any) -> None:
        self.arrays = {name: np.asarray(array) for name, array in arrays.items()}
        self.loads = 0

    def state(self) -> dict[str, np.ndarray]:
        return dict(self.arrays)

    def load_state(self, state: Mapping[str, np.ndarray]) -> None:
        self.arrays = dict(state)
        self.loads += 1


@both
def test_a_model_and_its_copy(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"model.{suffix}"
    model = Model(W=np.arange(6.0).reshape(2, 3), b=np.float32(2), n=np.array([3]))
    save_model(path, model, {"epochs": "5"})
    other = Model(W=np.zeros((2, 3)), b=np.float32(0), n=np.array([0]))
    assert load_model(path, other) == {"epochs": "5"}
    assert_same(other.state(), model.state())


DIFFERENCES = {
    "shape": ({"W": np.zeros((3, 2))}, r"'W': float64 of shape \(3, 2\) in the file, float64 of"),
    "axes": ({"W": np.zeros((1, 2, 3))}, r"'W': .*\(1, 2, 3\) in the file"),
    "dtype": ({"W": np.zeros((2, 3), np.float32)}, "'W': float32 of .* in the file, float64 of"),
    "one more": ({"c": np.zeros(1)}, "'c' is not in the model"),
    "one less": ({"b": None}, "'b' is not in the file"),
    "renamed": ({"b": None, "c": np.zeros(3)}, "'b' is not in the file\n  'c' is not in the mod"),
    "many": ({f"c{i}": np.zeros(1) for i in range(50)}, "and 30 more"),
}


@both
@pytest.mark.parametrize("case", DIFFERENCES)
def test_a_file_of_another_model(tmp_path: Path, suffix: str, case: str) -> None:
    changes, message = DIFFERENCES[case]
    path = tmp_path / f"other.{suffix}"
    model = Model(W=np.ones((2, 3)), b=np.ones(3))
    state = model.state() | changes
    save(path, {name: array for name, array in state.items() if array is not None})
    with pytest.raises(ValueError, match=message) as caught:
        load_model(path, model)
    assert str(path) in str(caught.value)
    assert model.loads == 0


@both
def test_a_broken_file_leaves_the_model(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"model.{suffix}"
    model = Model(W=np.ones((2, 3)), b=np.ones(3))
    save_model(path, model)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="load: ") as caught:
            load_model(path, model)
        assert str(path) in str(caught.value)
    assert model.loads == 0
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / f"absent.{suffix}", model)


@both
def test_a_network(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"net.{suffix}"

    def network(seed: int, hidden: int = 3) -> nn.Sequential:
        return nn.Sequential(
            nn.Affine(2, hidden, rng=seed), nn.BatchNorm(hidden), nn.ReLU(), nn.Affine(hidden, 1)
        )

    net, other, wider = network(0), network(1), network(2, hidden=4)
    net(np.arange(8.0).reshape(4, 2))  # moves the running statistics
    save_model(path, net)
    load_model(path, other)
    assert_same(other.state(), net.state())
    before = wider.state()
    with pytest.raises(ValueError, match="is of another model"):
        load_model(path, wider)
    assert_same(wider.state(), before)
