"""Indices that are computed: a program picks where its numbers say, when it runs."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as al

RNG = np.random.default_rng(0)
D, X = RNG.normal(size=5), RNG.normal(size=(5, 3))
TABLE = np.array([10.0, 20.0, 30.0, 40.0, 50.0])


def written(change):
    """The sum of the squares of what `change` writes into zeros."""

    def function(x):
        z = np.zeros_like(x)
        change(z, x)
        return np.sum(z**2)

    return function


def set_least(z, x):
    z[np.argmin(x)] = x[1]


def set_twice(z, x):
    z[np.argsort(x) // 2] = x**2


def kmeans(centres):
    distances = np.sum((X[:, None, :] - centres[None]) ** 2, -1)
    return np.sum((X - centres[np.argmin(distances, axis=1)]) ** 2)


PICKED = {
    "argmin": (lambda x: x[np.argmin(x)] ** 2, D),
    "method": (lambda x: x[x.argmin()] ** 2 * x[x.argsort()][1], D),
    "kmeans": (kmeans, RNG.normal(size=(2, 3))),
    "take": (lambda x: np.sum(np.take(x, np.argsort(x)[:2])) * x[0], D),
    "along": (lambda x: np.sum(np.take_along_axis(x, np.argsort(x, 1), 1)[:, 0] ** 2), X),
    "of each row": (lambda x: np.sum(x[np.arange(5), np.argmin(x, axis=1)] ** 2), X),
    "apart": (lambda x: np.sum(x[None][np.argmin(x) % 1, :, np.argmin(x[0:1], 1)] ** 2), X),
    "of a table": (lambda x: al.take(TABLE, np.argmin(x)) * x[0] ** 2, D),
    "unravelled": (lambda x: x[np.unravel_index(np.argmax(x), x.shape)] ** 2, X),
    "set": (written(set_least), D),
    "set twice": (written(set_twice), D),
    "added": (written(lambda z, x: np.add.at(z, np.argsort(x) // 2, x)), D),
    "put along": (
        written(lambda z, x: np.put_along_axis(z, np.argmin(x, 1, keepdims=True), x[:, :1], 1)),
        X,
    ),
    "at": (lambda x: np.sum(x.at[np.argmin(x)].set(x[1]) ** 2), D),
    "delete": (lambda x: np.sum(x[np.argpartition(x, 2)[:2]] ** 2), D),
}


@pytest.mark.parametrize("name", PICKED)
def test_the_program_picks_where_the_numbers_say(name):
    f, x = PICKED[name]
    if name != "at":
        np.testing.assert_array_equal(al.compile(f)(x), f(al.Tensor(x)).data)
    for transform in (al.grad, al.hessian):
        compiled = al.compile(transform(f))
        for point in (x, np.roll(x, 1, axis=0) * 1.5, -x):
            np.testing.assert_array_equal(compiled(point), transform(f)(point))


def test_for_each_of_a_batch():
    f = al.vmap(al.grad(PICKED["of each row"][0]))
    x = RNG.normal(size=(4, 5, 3))
    np.testing.assert_array_equal(al.compile(f)(x), f(x))


@pytest.mark.parametrize(
    ("f", "way_out"),
    [
        (lambda x: TABLE[np.argmin(x)] * x[0], r"autograd_lite\.take\(T, i\)"),
        (lambda x: [1.0, 2.0][np.argmin(x) % 2] * x[0], r"autograd_lite\.take\(T, i\)"),
        (lambda x: np.sum(x[: np.argmin(x)]), "while_loop"),
        (lambda x: np.sum(x[x > 0]), "where"),
    ],
)
def test_what_cannot_be_picked_names_the_way_out(f, way_out):
    with pytest.raises(TypeError, match=way_out):
        al.compile(al.grad(f))(D)
