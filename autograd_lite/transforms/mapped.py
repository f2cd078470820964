"""How `loops.map_rows` makes a program of a function of rows, and runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.program.closures import example_of, traced_closure
from autograd_lite.program.rows import Rows
from autograd_lite.program.subprograms import Subprogram
from autograd_lite.program.traced import TracedArray
from autograd_lite.transforms.calls import as_one
from autograd_lite.transforms.scanned import (
    as_step_sees,
    form_of,
    leaf_of,
    length_of,
    names_of,
    row_of,
)
from autograd_lite.transforms.trees import leaves_of, map_leaves, with_leaves


def mapped(f: Callable[[Any], Any], xs: Any, threads: int = 1) -> Any:
    """What `loops.map_rows` gives."""
    xs = map_leaves(lambda x, where: as_one(x), xs)
    n = length_of("map", xs, None)
    leaves = leaves_of(xs)
    form: Any = None

    def function(inputs: list[TracedArray]) -> list[Any]:
        nonlocal form
        result = f(with_leaves(xs, map(as_step_sees, inputs)))
        form = form_of(result)
        found: list[Any] = []
        map_leaves(lambda x, where: found.append(leaf_of("map", x, f"the result{where}")), result)
        return found

    examples = [row_of(example_of(x), n) for x in leaves]
    one = traced_closure(function, examples, names_of("x", xs))
    rows = Rows(Subprogram(one.program), len(leaves), n, threads=threads)
    return with_leaves(form, rows([*leaves, *one.closed]))
