"""ht: how far a hand of bones and skin is from points that were seen; a Jacobian by 26 angles."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as al
from benchmarks.gradbench.problem import BACKEND, Functions, Prepared, array, traced

FINGERS = np.arange(5)
NO_ANGLE = 26
"""The place of a 0 behind the parameters."""
ABOUT_X, ABOUT_Z = (np.full(22, NO_ANGLE) for _ in range(2))
"""Which parameter turns each bone about x and about z: four for each finger's bones."""
for _bone, _angle in ((2, 6), (3, 8), (4, 9)):
    ABOUT_X[_bone + 4 * FINGERS] = _angle + 4 * FINGERS
ABOUT_Z[2 + 4 * FINGERS] = 7 + 4 * FINGERS


def turns(angles: Any, first: int, second: int) -> Any:
    """4×4 matrices that turn the first axis to the second."""
    matrix: list[list[Any]] = [
        [np.ones_like(angles) if i == j else np.zeros_like(angles) for j in range(4)]
        for i in range(4)
    ]
    matrix[first][first] = matrix[second][second] = np.cos(angles)
    matrix[second][first] = np.sin(angles)
    matrix[first][second] = -matrix[second][first]
    return np.moveaxis(np.stack([np.stack(row) for row in matrix]), 2, 0)


def along_the_chain(relative: Any, parents: tuple[int, ...]) -> Any:
    """Each bone's matrix times those of the bones before it, all of one depth at a time."""
    depths: list[int] = []
    for parent in parents:
        depths.append(0 if parent < 0 else depths[parent] + 1)
    order = sorted(range(len(parents)), key=depths.__getitem__)
    place = {bone: i for i, bone in enumerate(order)}
    found = relative[np.asarray([bone for bone in order if depths[bone] == 0])]
    for depth in range(1, max(depths) + 1):
        bones = [bone for bone in order if depths[bone] == depth]
        before = found[np.asarray([place[parents[bone]] for bone in bones])]
        found = np.concatenate([found, before @ relative[np.asarray(bones)]])
    return found[np.asarray([place[bone] for bone in range(len(parents))])]


def rotation(r: Any) -> Any:
    """The matrix that turns by the length of r about r; the identity if that is below 1e-4."""
    square = np.sum(r * r)
    still = square < 1e-8
    angle = np.sqrt(np.where(still, 1.0, square))
    a = r / angle
    zero = np.zeros_like(angle)
    crossing = np.stack([zero, -a[2], a[1], a[2], zero, -a[0], -a[1], a[0], zero]).reshape(3, 3)
    outer, identity = a[:, None] * a, np.eye(3)
    turned = outer + (identity - outer) * np.cos(angle) + crossing * np.sin(angle)
    return np.where(still, identity, turned)


def vertices(theta: Any, model: dict[str, Any], parents: tuple[int, ...]) -> Any:
    """The skin: each vertex follows its bones by weights, then all turn and move."""
    angles = np.concatenate([theta, np.zeros(1)])
    turned = turns(angles[ABOUT_Z], 0, 1) @ turns(angles[ABOUT_X], 1, 2)
    absolute = along_the_chain(model["base_relatives"] @ turned, parents)
    transforms = (absolute @ model["inverse_base_absolutes"])[:, :3]  # (bones, 3, 4)
    positions = model["weights"][:, :, None] * model["base_positions"][:, None]
    count, bones = model["weights"].shape
    skin = positions.reshape(count, 4 * bones) @ np.moveaxis(transforms, 1, 2).reshape(-1, 3)
    return skin @ rotation(theta[:3]).T + theta[3:6]


def errors(hand: Hand, theta: Any, us: Any, points: Any, model: dict[str, Any]) -> Any:
    """What each point is off: the vertex, or a place in a triangle of three."""
    skin = vertices(theta, model, hand.parents)
    if us is None:
        return points - skin[hand.seen]
    u, v = us[:, :1], us[:, 1:]
    a, b, c = (skin[hand.seen[:, i]] for i in range(3))
    return points - (u * a + v * b + (1.0 - u - v) * c)


class Hand:
    """An input: the model of the hand, and which of its points were seen where."""

    def __init__(self, given: Any) -> None:
        model, data = given["data"]["model"], given["data"]
        names = ("base_relatives", "inverse_base_absolutes", "base_positions", "weights")
        self.model = {name: array(model[name]) for name in names}
        if model["is_mirrored"]:
            raise NotImplementedError("ht: mirrored models are not known here")
        self.parents = tuple(model["parents"])
        self.theta = array(given["theta"])
        self.points = array(data["points"])
        self.seen = np.array(data["correspondences"], dtype=int)
        self.us = array(given["us"]) if len(given["us"]) else None
        if self.us is not None:
            self.seen = np.array(model["triangles"], dtype=int)[self.seen]  # (N, 3) vertices

        def of_numbers(theta: Any, us: Any, points: Any, model: dict[str, Any]) -> Any:
            return errors(self, theta, us, points, model)

        def jacobian(theta: Any, us: Any, points: Any, model: dict[str, Any]) -> Any:
            by_theta = al.jacobian(of_numbers, mode="forward")(theta, us, points, model)
            if us is None:
                return by_theta.reshape(-1, 26)

            def of_us(us: Any) -> Any:
                return of_numbers(theta, us, points, model)

            directions = (np.zeros_like(us) + np.eye(2)[i] for i in range(2))
            by_us = [al.jvp(of_us, (us,), (direction,))[1] for direction in directions]
            return np.concatenate([np.stack(by_us, axis=2), by_theta], axis=2).reshape(-1, 28)

        self.errors = al.compile(of_numbers, backend=BACKEND)
        self.jacobian = al.compile(jacobian, backend=BACKEND)

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What both functions take."""
        return self.theta, self.us, self.points, self.model


def objective(given: Any) -> Prepared:
    """All errors, three numbers each."""
    hand = Hand(given)
    return traced(lambda: hand.errors(*hand.arguments).ravel())


def jacobian(given: Any) -> Prepared:
    """Their derivatives: the two of each point's own place in its triangle, and by the angles."""
    hand = Hand(given)
    return traced(lambda: hand.jacobian(*hand.arguments))


FUNCTIONS: Functions = {"objective": objective, "jacobian": jacobian}
