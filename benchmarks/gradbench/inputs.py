"""GradBench's inputs: from its generators, and from the data files of bundle adjustment and hands.

What is small stands in the folder `data`. Larger files are looked for in the folder that the
environment variable GRADBENCH_DATA names, which has the subfolders `ba`, `ht` and `lstm`.
"""

from __future__ import annotations

import gzip
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

Input = dict[str, Any]
OWN = Path(__file__).parent / "data"


def generator() -> np.random.RandomState:
    """The generator whose stream never changes, as NumPy's functions with the seed 31337."""
    return np.random.RandomState(31337)


def find(folder: str, pattern: str) -> Path:
    """A data file.

    Raises:
        FileNotFoundError: if there is none; it says where files are looked for.
    """
    roots = [OWN, *(Path(x) for x in [os.environ.get("GRADBENCH_DATA")] if x)]
    for root in roots:
        for path in sorted((root / folder).glob(pattern)):
            return path
    raise FileNotFoundError(
        f"no {folder}/{pattern} in {', '.join(map(str, roots))}; set GRADBENCH_DATA to the folder "
        "that has it (the data of GradBench's problems: ba, ht, lstm)"
    )


def lines(path: Path) -> list[str]:
    """The lines of a text, which may be compressed."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
    return path.read_text("utf-8").splitlines()


# ---------------------------------------------------------------- drawn


def llsq(n: int, m: int = 128, draw: np.random.RandomState | None = None) -> Input:
    """m coefficients, for n points."""
    return {"x": (draw or generator()).rand(m).tolist(), "n": n}


def lse(n: int, draw: np.random.RandomState | None = None) -> Input:
    """n numbers."""
    return {"x": (draw or generator()).rand(n).tolist()}


def ode(n: int, s: int, draw: np.random.RandomState | None = None) -> Input:
    """n factors, for s steps."""
    return {"x": (draw or generator()).rand(n).tolist(), "s": s}


def det(ell: int, draw: np.random.RandomState | None = None) -> Input:
    """A matrix of ell rows."""
    return {"A": (draw or generator()).rand(ell * ell).tolist(), "ell": ell}


def kmeans(k: int, n: int, d: int, draw: np.random.RandomState | None = None) -> Input:
    """n points of which the last k are the centroids."""
    points = (draw or generator()).rand(n, d)
    return {"points": points.tolist(), "centroids": points[-k:].tolist()}


def gmm(d: int, k: int, n: int = 1000, m: int = 0, gamma: float = 1.0) -> Input:
    """n points of d dimensions, and the parameters of k Gaussian densities."""
    rng = np.random.default_rng(31337)
    return {
        "d": d,
        "k": k,
        "n": n,
        "m": m,
        "gamma": gamma,
        "x": [rng.normal(size=d).tolist() for _ in range(n)],
        "alpha": rng.normal(size=k).tolist(),
        "mu": [rng.uniform(size=d).tolist() for _ in range(k)],
        "q": [rng.normal(size=d).tolist() for _ in range(k)],
        "l": [rng.normal(size=d * (d - 1) // 2).tolist() for _ in range(k)],
    }


def lstm(layers: int, characters: int, draw: np.random.RandomState | None = None) -> Input:
    """The beginning of Shakespeare's sonnets, a character as its bits, the highest first."""
    draw = draw or generator()
    text = find("lstm", "sonnets_4096.txt").read_text("utf-8")
    bits = math.ceil(math.log2(max(map(ord, text))))
    text = (text * -(-characters // len(text)))[:characters]
    rows = [[int(bit) for bit in f"{ord(c):0{bits}b}"] for c in text]
    return {
        "state": draw.rand(2 * layers, bits).tolist(),
        "main_params": draw.rand(2 * layers, 4 * bits).tolist(),
        "extra_params": draw.rand(3, bits).tolist(),
        "sequence": rows,
    }


# ---------------------------------------------------------------- read


def ba(number: int) -> Input:
    """A file of counts, a camera, a point, a weight and a feature."""
    counts, *rest = lines(find("ba", f"ba{number}_n*.txt"))
    n, m, p = map(int, counts.split())
    camera, point, (w,), feature = ([float(x) for x in line.split()] for line in rest)
    return {"n": n, "m": m, "p": p, "cam": camera, "x": point, "w": w, "feat": feature}


def ht(number: int, complicated: bool, size: str = "small") -> Input:
    """A hand: the small model of 544 vertices, or the big one of 10000."""
    folder = f"{'complicated' if complicated else 'simple'}_{size}"
    head, *rest = lines(find(f"ht/{folder}", f"hand{number}_*.txt"))
    count = int(head.split()[0])
    table = [[float(x) for x in line.split()] for line in rest]
    us = table[count : 2 * count] if complicated else []
    return {
        "theta": [x for (x,) in table[count + len(us) :]],
        "us": us,
        "data": {
            "model": model(size),
            "correspondences": [int(row[0]) for row in table[:count]],
            "points": [row[1:] for row in table[:count]],
        },
    }


def model(size: str) -> Input:
    """Bones, vertices and triangles of a hand."""
    bones = [line.split(":") for line in lines(find("ht/model-small", "bones.txt"))]
    vertices = [line.split(":") for line in lines(find(f"ht/model-{size}", "vertices.txt*"))]
    triangles = lines(find("ht/model-small", "triangles.txt"))
    return {
        "bone_count": len(bones),
        "bone_names": [bone[0] for bone in bones],
        "parents": [int(bone[1]) for bone in bones],
        "base_relatives": [square(bone[2:18]) for bone in bones],
        "inverse_base_absolutes": [square(bone[18:34]) for bone in bones],
        "base_positions": [[*map(float, vertex[:3]), 1.0] for vertex in vertices],
        "weights": [weights(vertex, len(bones)) for vertex in vertices],
        "triangles": [[int(i) for i in line.split(":")] for line in triangles],
        "is_mirrored": False,
    }


def square(numbers: Sequence[str]) -> list[list[float]]:
    """A 4×4 matrix of its rows."""
    return [[float(x) for x in numbers[i : i + 4]] for i in range(0, 16, 4)]


def weights(vertex: Sequence[str], bones: int) -> list[float]:
    """How much a vertex follows each bone."""
    found = [0.0] * bones
    for i in range(int(vertex[8])):
        found[int(vertex[9 + 2 * i])] = float(vertex[10 + 2 * i])
    return found
