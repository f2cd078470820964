"""What the arguments of a compiled function, and the numbers in them, are called in its source."""

from __future__ import annotations

import inspect
import keyword
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.program.function import HELPERS, Parameter
from autograd_lite.transforms.trees import leaves_of, map_leaves


def parameters_of(f: Any, args: Any, kwargs: Any, inputs: list[int]) -> list[Parameter]:
    """The arguments by their names, and which of their leaves are the inputs of the program."""
    try:
        known = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        known = []
    usual = [x.name for x in known if x.kind in (x.POSITIONAL_ONLY, x.POSITIONAL_OR_KEYWORD)]
    names = [*usual[: len(args)], *(f"argument{i}" for i in range(len(usual), len(args)))]
    given = [(name, x, False) for name, x in zip(names, args, strict=True)]
    given += [(name, x, True) for name, x in kwargs.items()]
    numbers = {place: i for i, place in enumerate(inputs)}
    found = []
    taken = set(HELPERS)
    start = 0
    for wanted, tree, by_keyword in given:
        parts = leaves_of(tree)
        leaves = [numbers.get(i) for i in range(start, start + len(parts))]
        without_axes = [
            i
            for i, x in enumerate(parts)
            if isinstance(x, np.ndarray) and not x.ndim and leaves[i] is not None
        ]
        doubles = [i for i, x in enumerate(parts) if isinstance(x, np.float64)]
        name = _free(identifier(wanted), taken)
        found.append(Parameter(name, tree, by_keyword, leaves, without_axes, doubles))
        start += len(parts)
    return found


def leaf_names(parameters: Sequence[Parameter]) -> list[str]:
    """A name for each input: of an argument that is a number or array its own, of those in a
    container `w0`, `w1_2`, or the key of a dict; none is the name of another argument."""
    taken = {*HELPERS, *(x.name for x in parameters)}
    found = []
    for parameter in parameters:
        for i, (number, wanted) in enumerate(
            zip(parameter.leaves, _in_container(parameter), strict=True)
        ):
            if number is None:
                continue
            alone = wanted is None and i == 0
            found.append(parameter.name if alone else _free(wanted or parameter.name, taken))
    return found


def _in_container(parameter: Parameter) -> list[str | None]:
    """What the leaves of an argument would be called; None if it is one itself."""
    wheres: list[str] = []
    map_leaves(lambda x, where: wheres.append(where), parameter.form)
    found: list[str | None] = []
    for where in wheres:
        parts = [x.strip("'\"") for x in where.replace(".", "[").replace("]", "").split("[")]
        keys = [part for part in parts if part and not part.isdigit()]
        indices = [part for part in parts if part.isdigit()]
        name = (keys[-1] if keys else parameter.name) + "_".join(indices)
        found.append(identifier(name) if where else None)
    return found


def identifier(name: str) -> str:
    """A name as Python reads it: letters that it takes for the same are the same here."""
    cleaned = "".join(c if f"_{c}".isidentifier() else "_" for c in name)
    cleaned = unicodedata.normalize("NFKC", cleaned)
    return cleaned if cleaned.isidentifier() and not keyword.iskeyword(cleaned) else f"_{cleaned}"


def _free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    taken.add(name)
    return name
