"""ba: how far camera pictures of points are from what was observed; a sparse Jacobian."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import autograd_lite as al
from benchmarks.gradbench.problem import BACKEND, Functions, Prepared, array, traced

BLOCK = 2000
"""So many observations at a time, that what belongs to them stays in the processor's cache."""


def rotated(r: list[Any], y: list[Any]) -> list[Any]:
    """y, turned by the length of r about r; to first order where r is 0."""
    square = r[0] * r[0] + r[1] * r[1] + r[2] * r[2]
    still = square == 0.0
    angle = np.sqrt(np.where(still, 1.0, square))
    a = [x / angle for x in r]
    cos, sin = np.cos(angle), np.sin(angle)
    along = (a[0] * y[0] + a[1] * y[1] + a[2] * y[2]) * (1.0 - cos)
    return [
        np.where(still, y[i] + t, y[i] * cos + s * sin + a[i] * along)
        for i, (s, t) in enumerate(zip(cross(a, y), cross(r, y), strict=True))
    ]


def cross(a: list[Any], b: list[Any]) -> list[Any]:
    """a × b."""
    return [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]


def reprojection(unknowns: list[Any], feature: list[Any]) -> list[Any]:
    """The error of one observation: of 11 numbers of a camera, 3 of a point, and a weight."""
    r, centre, (f, u, v, k1, k2) = unknowns[:3], unknowns[3:6], unknowns[6:11]
    point, w = unknowns[11:14], unknowns[14]
    R = rotated(r, [a - b for a, b in zip(point, centre, strict=True)])
    P = R[0] / R[2], R[1] / R[2]
    rho = P[0] * P[0] + P[1] * P[1]
    D = f * (1.0 + k1 * rho + k2 * rho * rho)
    return [w * (D * P[0] + u - feature[0]), w * (D * P[1] + v - feature[1])]


def weight_error(w: Any) -> Any:
    """1 − w²."""
    return 1.0 - w * w


errors = al.compile(al.vmap(reprojection), backend=BACKEND)
jacobians = al.compile(al.vmap(al.jacobian(reprojection)), backend=BACKEND)
weight_errors = al.compile(al.vmap(weight_error), backend=BACKEND)
weight_slopes = al.compile(al.vmap(al.grad(weight_error)), backend=BACKEND)


class Scene:
    """The cameras, points, weights and features of an input, which repeats one of each."""

    def __init__(self, given: Any) -> None:
        self.n, self.m, self.p = given["n"], given["m"], given["p"]
        self.cameras = np.tile(array(given["cam"])[:, None], self.n)
        self.points = np.tile(array(given["x"])[:, None], self.m)
        self.weights = np.full(self.p, float(given["w"]))
        self.features = np.tile(array(given["feat"])[:, None], self.p)

    def blocks(self) -> Iterator[tuple[slice, list[Any], list[Any]]]:
        """Some observations at a time: which, their unknowns, and what was observed."""
        for start in range(0, self.p, BLOCK):
            which = np.arange(start, min(start + BLOCK, self.p))
            part = slice(start, start + BLOCK)
            cameras = self.cameras[:, which % self.n]
            points = self.points[:, which % self.m]
            yield part, [*cameras, *points, self.weights[part]], [*self.features[:, part]]

    def errors(self) -> tuple[Any, Any]:
        """All errors: of the observations, two each, and of the weights."""
        found = np.empty((self.p, 2))
        for part, unknowns, features in self.blocks():
            for i, error in enumerate(errors(unknowns, features)):
                found[part, i] = error
        return found, weight_errors(self.weights)

    def jacobian(self) -> tuple[Any, Any, Any]:
        """The Jacobian of all errors, in compressed rows: rows, columns and values."""
        p = self.p
        values = np.empty(31 * p)
        dense = values[: 30 * p].reshape(p, 2, 15)
        for part, unknowns, features in self.blocks():
            for i, row in enumerate(jacobians(unknowns, features)):
                for j, entry in enumerate(row):
                    dense[part, i, j] = entry
        values[30 * p :] = weight_slopes(self.weights)
        return *self.places(), values

    def places(self) -> tuple[Any, Any]:
        """Where the values stand: the place at which each row begins, and their columns."""
        n, m, p = self.n, self.m, self.p
        every = np.arange(p)
        columns = np.empty(31 * p, dtype=np.int64)
        dense = columns[: 30 * p].reshape(p, 2, 15)
        dense[:, :, :11] = (every % n * 11)[:, None, None] + np.arange(11)
        dense[:, :, 11:14] = (11 * n + every % m * 3)[:, None, None] + np.arange(3)
        columns[30 * p :] = 11 * n + 3 * m + every
        dense[:, :, 14] = columns[30 * p :, None]
        return np.concatenate([15 * np.arange(2 * p + 1), 30 * p + 1 + every]), columns


def objective(given: Any) -> Prepared:
    """All errors; of which the first are answered."""
    scene = Scene(given)

    def output(found: Any) -> Any:
        reprojections, weights = found
        return {
            "reproj_error": {"elements": reprojections[0].tolist(), "repeated": scene.p},
            "w_err": {"element": float(weights[0]), "repeated": scene.p},
        }

    return traced(scene.errors, output)


def sample(x: Any) -> list[Any]:
    """The first thirty and the last."""
    return [*x[:30].tolist(), x[-1].item()]


def jacobian(given: Any) -> Prepared:
    """The sparse Jacobian; of each of its lists, the beginning and the end are answered."""
    names = ("rows", "cols", "vals")
    return traced(
        Scene(given).jacobian,
        lambda found: {name: sample(x) for name, x in zip(names, found, strict=True)},
    )


FUNCTIONS: Functions = {"objective": objective, "jacobian": jacobian}
