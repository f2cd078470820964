"""Splitting, shuffling and batching: every sample is there, once, with its own target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.engine.arrays import frozen
from autograd_lite.engine.tensor import Tensor
from autograd_lite.nn.batches import as_rng, batches, shuffled, split


def row(name: str) -> Any:
    """A parameter that does nothing but give the test the row's name."""
    return pytest.mark.parametrize("row", [name])


RNGS = st.sampled_from([np.random.default_rng, np.random.RandomState])


def samples(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs that tell which sample they are, and targets that belong to them."""
    x = np.arange(n * 6.0).reshape(n, 2, 3)
    return x, x[:, 0, 0] // 6


@given(st.integers(1, 40), st.integers(1, 50) | st.none(), st.booleans(), RNGS)
def test_an_epoch_has_every_sample_once(n: int, size: int | None, shuffle: bool, rng: Any) -> None:
    x, t = samples(n)
    epoch = batches(x, t, size, shuffle=shuffle, rng=rng(0))
    for _ in range(2):
        pairs = list(epoch)
        assert len(pairs) == len(epoch)
        assert [len(b.inputs) for b in pairs[:-1]] == [size] * (len(pairs) - 1)
        inputs = np.concatenate([b.inputs for b in pairs])
        targets = np.concatenate([b.targets for b in pairs])
        np.testing.assert_array_equal(inputs, x[targets.astype(int)])
        assert sorted(targets) == list(range(n))
        if not shuffle:
            np.testing.assert_array_equal(targets, t)


@given(st.integers(1, 40), st.integers(1, 40))
def test_without_the_tail_all_batches_are_full(n: int, size: int) -> None:
    if size > n:
        with pytest.raises(ValueError, match="no full batch"):
            batches(*samples(n), size, drop_tail=True)
        return
    epoch = batches(*samples(n), size, drop_tail=True)
    assert [len(x) for x, _ in epoch] == [size] * (n // size) == [size] * len(epoch)


@given(st.integers(1, 40), st.integers(1, 50), RNGS)
def test_with_replacement(n: int, size: int, rng: Any) -> None:
    x, t = samples(n)
    epoch = list(batches(x, t, size, replace=True, rng=rng(3)))
    assert len(epoch) == -(-n // size)
    draws = rng(3)
    for inputs, targets in epoch:
        np.testing.assert_array_equal(targets, t[draws.choice(n, size)])
        np.testing.assert_array_equal(inputs, x[targets.astype(int)])


def test_each_epoch_is_drawn_anew_and_from_the_rng_given() -> None:
    x, t = samples(20)
    epoch = batches(x, t, 7, shuffle=True, rng=np.random.RandomState(5))
    rng = np.random.RandomState(5)
    first, second = (np.concatenate([t for _, t in epoch]) for _ in range(2))
    np.testing.assert_array_equal(first, rng.permutation(20))
    np.testing.assert_array_equal(second, rng.permutation(20))
    assert first.tolist() != second.tolist()


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(
    "owner", ["array", "view", "read-only", "read-only view", "bytes", "frozen"]
)
def test_nobody_can_write_to_a_batch(owner: str, shuffle: bool) -> None:
    x = np.arange(10.0)
    if owner == "view":
        x = x[::-1]
    if owner == "bytes":
        x = np.frombuffer(x.tobytes())
    if owner.startswith("read-only"):
        x.flags.writeable = False
    if owner == "read-only view":
        x = x[::-1]
    if owner == "frozen":
        x = frozen(x)
    for batch, _ in batches(x, x, 4, shuffle=shuffle, rng=0):
        below: Any = batch
        while isinstance(below, np.ndarray):
            assert not below.flags.writeable
            with pytest.raises(ValueError, match="WRITEABLE"):
                below.flags.writeable = True
            below = below.base
        assert (Tensor(np.ones(len(batch))) * batch).operands[1] is batch  # not copied
        assert np.shares_memory(batch, x) == (owner == "frozen" and not shuffle)
    assert x.flags.writeable == (owner in ("array", "view"))


def test_what_cannot_be_batched() -> None:
    x, t = samples(4)
    with pytest.raises(ValueError, match=r"batches: as many inputs.*\(4, 2, 3\) and \(3,\)"):
        batches(x, t[1:], 2)
    with pytest.raises(ValueError, match="as many inputs"):
        batches(3.0, 4.0)
    with pytest.raises(ValueError, match="no samples"):
        batches(x[:0], t[:0])
    with pytest.raises(ValueError, match="batch_size 0"):
        batches(x, t, 0)
    with pytest.raises(TypeError, match="batch_size"):
        batches(x, t, 2.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="choose one"):
        batches(x, t, 2, shuffle=True, replace=True)
    with pytest.raises(TypeError, match="Generator"):
        batches(x, t, 2, shuffle=True, rng="seed")  # type: ignore[arg-type]


def test_lists_will_do() -> None:
    (x, t), *_ = batches([[0, 1], [2, 3]], [0, 1], 1)
    assert (x.tolist(), t.tolist()) == ([[0, 1]], [0])


# ---------------------------------------------------------------- split and shuffle


@given(st.lists(st.integers(0, 9), min_size=1, max_size=4), st.none() | st.integers(0, 99))
def test_the_parts_are_disjoint_and_complete(sizes: list[int], seed: int | None) -> None:
    x, t = samples(sum(sizes))
    parts = split(x, t, sizes, seed)
    assert [len(part.inputs) for part in parts] == sizes
    for inputs, targets in parts:
        np.testing.assert_array_equal(inputs, x[targets.astype(int)])
    every = np.concatenate([part.targets for part in parts])
    assert sorted(every) == t.tolist()
    if seed is None:
        np.testing.assert_array_equal(every, t)


@given(st.integers(0, 50), st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_fractions(n: int, shares: list[int]) -> None:
    whole = sum(shares) or 1
    fractions = [share / whole for share in shares]
    if not sum(shares):
        fractions[-1] = 1.0
    parts = split(*samples(n), fractions)
    assert sum(len(part.inputs) for part in parts) == n
    for part, fraction in zip(parts, fractions, strict=True):
        assert abs(len(part.inputs) - n * fraction) <= 1


@row("001-31")
def test_training_validation_and_test(row: str) -> None:
    x, t = samples(1797)
    train, validation, test = split(x, t, (1197, 300, 300), np.random.RandomState(0))
    order = np.random.RandomState(0).permutation(1797)
    np.testing.assert_array_equal(train.targets, order[:1197])
    np.testing.assert_array_equal(validation.targets, order[1197:1497])
    np.testing.assert_array_equal(test.targets, order[1497:])


def test_sizes_that_do_not_fit() -> None:
    x, t = samples(10)
    with pytest.raises(ValueError, match="add up to 9, not to 10"):
        split(x, t, (4, 5))
    with pytest.raises(ValueError, match="not to 1"):
        split(x, t, (0.5, 0.4))
    with pytest.raises(ValueError, match="negative"):
        split(x, t, (11, -1))
    with pytest.raises(ValueError, match="negative"):
        split(x, t, (1.5, -0.5))
    with pytest.raises(TypeError, match="mixes"):
        split(x, t, (9, 0.1))
    with pytest.raises(ValueError, match="as many inputs"):
        split(x, t[1:], (5, 5))
    with pytest.raises(ValueError, match="not to 1"):
        split(x, t, (np.nan, 0.5))


@given(st.integers(0, 30), RNGS)
def test_shuffled_keeps_pairs_together(n: int, rng: Any) -> None:
    x, t = samples(n)
    inputs, targets = shuffled(x, t, rng(1))
    np.testing.assert_array_equal(targets, rng(1).permutation(n))
    np.testing.assert_array_equal(inputs, x[targets.astype(int)])


def test_sources_of_random_numbers() -> None:
    rng = np.random.default_rng(0)
    assert as_rng(rng) is rng
    assert as_rng(7).random() == np.random.default_rng(7).random()  # type: ignore[union-attr]
    assert as_rng(None).random() != as_rng(None).random()
