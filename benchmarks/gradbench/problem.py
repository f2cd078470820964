"""What the twelve problems have in common: how a function is prepared, run and answered."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

BACKEND = "native" if importlib.util.find_spec("llvmlite") else None
"""What the compiled functions run as: machine code, if it can be made here."""


def plain(x: Any) -> Any:
    """A result as JSON has it: lists, dicts, Python's numbers."""
    if isinstance(x, np.ndarray | np.generic):
        return x.tolist()
    if isinstance(x, Mapping):
        return {key: plain(part) for key, part in x.items()}
    if isinstance(x, list | tuple):
        return [plain(part) for part in x]
    return x


@dataclass(frozen=True)
class Prepared:
    """A function on an input that is parsed already."""

    run: Callable[[], Any]
    """What is timed."""
    output: Callable[[Any], Any] = plain
    """What is answered, made of the result of a run; not timed."""


Functions = Mapping[str, Callable[[Any], Prepared]]
"""The functions of a problem by their names: each makes of an input what is to be run."""


def traced(run: Callable[[], Any], output: Callable[[Any], Any] = plain) -> Prepared:
    """What runs compiled functions, run once, so that they are traced.

    They take the numbers as arguments: their programs serve for all inputs of the same shapes.
    """
    run()
    return Prepared(run, output)


def array(x: Any) -> Any:
    """Numbers as an array of float64."""
    return np.array(x, dtype=float)
