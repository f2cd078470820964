"""Functions that are linear, or take quantiles, in PyTorch: made of what NumPy's own function gives
for arrays of zeros and ones.

A function that is linear in its operands (and adds constants) is known by what it gives for the
arrays with a single 1; one that is linear in each of two operands by what it gives for pairs of
them. So nobody writes what stands for `np.gradient` a second time.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.peers import is_installed, load

torch: Any = load("torch") if is_installed("torch") else None

Function = Callable[..., Any]

MOST_PAIRS = 900
"""A function of two operands is called for so many pairs of elements at most."""


def split(args: tuple[Any, ...]) -> tuple[list[Any], tuple[Any, ...]]:
    """The tensors, which come first, and the other arguments."""
    tensors = list(itertools.takewhile(lambda x: isinstance(x, torch.Tensor), args))
    return tensors, args[len(tensors) :]


def units(shape: Any) -> Iterator[Any]:
    """The arrays of zeros with a single 1."""
    size = int(np.prod(shape, dtype=int))
    for i in range(size):
        unit = np.zeros(size)
        unit[i] = 1.0
        yield unit.reshape(shape)


def linear(f: Function) -> Function:
    """A function that is linear in all operands together, but for a constant."""

    def of_tensors(*args: Any, **kwargs: Any) -> Any:
        tensors, rest = split(args)
        zeros = [np.zeros(tuple(x.shape)) for x in tensors]
        start = np.asarray(f(*zeros, *rest, **kwargs), float)
        z = torch.tensor(start)
        for k, x in enumerate(tensors):
            columns = [
                f(*zeros[:k], unit, *zeros[k + 1 :], *rest, **kwargs) - start
                for unit in units(zeros[k].shape)
            ]
            if columns:
                z = z + applied(torch.tensor(np.stack(columns, -1)), x.reshape(-1), 1)
        return z

    return of_tensors


def applied(matrix: Any, x: Any, axes: int) -> Any:
    """Σ matrix·x over the last axes, in which 0·inf is 0: what is not taken plays no part."""
    terms = torch.where(matrix != 0, matrix * x, torch.zeros_like(matrix))
    return terms.sum(tuple(range(-axes, 0)))


def bilinear(f: Function) -> Function:
    """A function that is linear in each of its two operands."""

    def of_tensors(x: Any, y: Any, *args: Any, **kwargs: Any) -> Any:
        pairs = [
            [np.asarray(f(a, b, *args, **kwargs), float) for b in units(tuple(y.shape))]
            for a in units(tuple(x.shape))
        ]
        if not (x.numel() and y.numel()):
            zeros = (np.zeros(tuple(a.shape)) for a in (x, y))
            return torch.tensor(np.asarray(f(*zeros, *args, **kwargs), float))
        table = np.moveaxis(np.array(pairs), (0, 1), (-2, -1)).copy()
        return applied(torch.tensor(table), x.reshape(-1, 1) * y.reshape(-1), 2)

    return of_tensors


def of_few(f: Function) -> Function:
    """The function of NumPy, for operands of which there are not too many pairs of elements."""

    def called(x: Any, y: Any, *args: Any, **kwargs: Any) -> Any:
        if np.size(x) * np.size(y) > MOST_PAIRS:
            raise ValueError("too large")
        return f(x, y, *args, **kwargs)

    return called


def in_order(f: Function) -> Function:
    """Quantiles, and whatever else is linear in elements that are in order. Where q has axes, they
    stand before those of the result."""

    def of_tensor(x: Any, *args: Any, axis: Any = None, **kwargs: Any) -> Any:
        axes = range(x.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
        axes = [a % x.ndim for a in axes]
        others = [a for a in range(x.ndim) if a not in axes]
        rows = x.permute(*others, *axes).reshape(*(x.shape[a] for a in others), -1)
        order = np.argsort(rows.detach().numpy(), axis=-1, kind="stable")
        rows = torch.take_along_dim(rows, torch.as_tensor(order), -1)
        n = rows.shape[-1]
        keepdims = kwargs.pop("keepdims", False)
        steps = [np.asarray(f((np.arange(n) >= i) * 1.0, *args, **kwargs), float) for i in range(n)]
        weights = np.array([a - b for a, b in itertools.zip_longest(steps, steps[1:], fillvalue=0)])
        z = torch.tensordot(torch.tensor(weights), rows, ([0], [rows.ndim - 1]))
        if keepdims:
            for a in sorted(axes):
                z = z.unsqueeze(np.ndim(steps[0]) + a)
        return z

    return of_tensor
