"""The problems by the names that GradBench calls their modules."""

from __future__ import annotations

from benchmarks.gradbench.problem import Functions
from benchmarks.gradbench.problems import (
    ba,
    det,
    gmm,
    hello,
    ht,
    kmeans,
    llsq,
    lse,
    lstm,
    ode,
    particle,
    saddle,
)

PROBLEMS: dict[str, Functions] = {
    module.__name__.rpartition(".")[2]: module.FUNCTIONS
    for module in (
        hello, llsq, lse, ode, det, kmeans, particle, saddle, gmm, lstm, ba, ht,
    )
}  # fmt: skip
