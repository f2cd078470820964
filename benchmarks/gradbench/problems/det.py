"""det: a determinant by recursive expansion along the first row, e·ℓ! products."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

import autograd_lite as al
from benchmarks.gradbench.problem import BACKEND, Functions, Prepared, array, traced

SCALARS = 5
"""Up to this size the expansion is a program of single numbers; larger ones are of arrays."""


@al.compile(backend=BACKEND)
def by_scalars(rows: list[list[Any]]) -> Any:
    """Σⱼ (−1)ʲ M₀ⱼ det(M without row 0 and column j)."""
    first, *others = rows
    if not others:
        return first[0]
    total = 0.0
    for j, a in enumerate(first):
        term = a * by_scalars.__wrapped__([row[:j] + row[j + 1 :] for row in others])
        total = total - term if j % 2 else total + term
    return total


@functools.cache
def remaining(size: int) -> list[Any]:
    """For each row the columns that are left to it: a line for each order in which the rows above
    chose theirs, ℓ!/k! of them where k columns are left."""
    found = [np.arange(size)[None]]
    for left in range(size, 1, -1):
        without = np.array([[j for j in range(left) if j != i] for i in range(left)])
        found.append(found[-1][:, without].reshape(-1, left - 1))
    return found


@al.compile(backend=BACKEND)
def by_arrays(entries: Any, size: int) -> Any:
    """The same expansion, all minors of one size at a time, from the last row up.

    No two are merged that are equal: it makes the same e·ℓ! products.
    """
    matrix = entries.reshape(size, size)
    minors = matrix[-1][remaining(size)[-1][:, 0]]
    for row in range(size - 2, -1, -1):
        left = size - row
        terms = matrix[row][remaining(size)[row]] * minors.reshape(-1, left)
        minors = np.sum(terms * (-1.0) ** np.arange(left), axis=1)
    return minors[0]


def primal(given: Any) -> Prepared:
    """The determinant."""
    size = given["ell"]
    if size <= SCALARS:
        rows = array(given["A"]).reshape(size, size).tolist()
        return traced(lambda: by_scalars(rows))
    entries = array(given["A"])
    return traced(lambda: by_arrays(entries, size))


def gradient(given: Any) -> Prepared:
    """Its gradient, row by row."""
    size = given["ell"]
    if size <= SCALARS:
        rows = array(given["A"]).reshape(size, size).tolist()
        return traced(
            lambda: by_scalars.grad(rows), lambda found: [x for row in found for x in row]
        )
    entries = array(given["A"])
    return traced(lambda: by_arrays.grad(entries, size))


FUNCTIONS: Functions = {"primal": primal, "gradient": gradient}
