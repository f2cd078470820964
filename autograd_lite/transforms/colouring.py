"""Which rows of a sparse matrix can be had in one pass: those that share no column.

A. R. Curtis, M. J. D. Powell and J. K. Reid, On the estimation of sparse Jacobian matrices, 1974;
the greedy colouring is that of T. F. Coleman and J. J. Moré, 1983.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Array


def colours_of_rows(pattern: Any) -> Array:
    """A colour, 0, 1, …, for each row of a CSR matrix, so that rows of one colour have no column in
    common: greedily, in order, or the longest first if that needs fewer.

    >>> from scipy.sparse import csr_array
    >>> colours_of_rows(csr_array(np.eye(5) + np.eye(5, k=1))).tolist()
    [0, 1, 0, 1, 0]
    """
    rows = _lists(pattern)
    columns = _lists(pattern.T.tocsr())
    fewest = max(map(len, columns), default=0)
    found = _greedy(rows, columns, range(len(rows)))
    if max(found, default=-1) >= fewest:
        longest_first = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
        other = _greedy(rows, columns, longest_first)
        found = min(found, other, key=max)
    return np.array(found, dtype=int)


def _greedy(rows: list[list[int]], columns: list[list[int]], order: Iterable[int]) -> list[int]:
    colour = [-1] * len(rows)
    taken = [-1] * (len(rows) + 1)  # by which row a colour was last seen beside it
    for i in order:
        for column in rows[i]:
            for j in columns[column]:
                taken[colour[j]] = i  # of one without a colour, the last place
        k = 0
        while taken[k] == i:
            k += 1
        colour[i] = k
    return colour


def _lists(pattern: Any) -> list[list[int]]:
    """The columns of each row."""
    ends, indices = pattern.indptr.tolist(), pattern.indices.tolist()
    return [indices[a:b] for a, b in itertools.pairwise(ends)]


def longest_apart(lengths: Array) -> Array:
    """Which rows are better had one by one, for they are so long that they would need a colour for
    each of their columns: the number of these, and the longest of the rest, are together the
    least. `lengths` are those of the rows; what comes back are their places, in order.

    >>> longest_apart(np.array([2, 9, 2, 1])).tolist()
    [1]
    """
    order = np.argsort(-lengths, kind="stable")
    passes = np.arange(len(lengths) + 1) + np.append(lengths[order], 0)
    return np.sort(order[: int(np.argmin(passes))])
