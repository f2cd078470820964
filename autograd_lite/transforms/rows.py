"""A function of each row of arrays, as one operation: `map`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.program.closures import example_of, traced_closure
from autograd_lite.program.rows import Rows
from autograd_lite.program.subprograms import Subprogram
from autograd_lite.program.traced import TracedArray
from autograd_lite.transforms.calls import check_function
from autograd_lite.transforms.loops import (
    as_step_sees,
    form_of,
    leaf_of,
    length_of,
    names_of,
    row_of,
)
from autograd_lite.transforms.trees import leaves_of, map_leaves, with_leaves


def map_rows(f: Callable[[Any], Any], xs: Any) -> Any:
    """What f gives for each row of xs, one beside the other, as one operation: yᵢ = f(xᵢ).

    f is run once, on stand-ins for a row: what is noted of it is the program of each. Rows are
    independent, so that many are computed at once; a program is as long for 30,000 rows as for one.
    As `autograd_lite.map` it is not among what `from autograd_lite import *` takes.

    Args:
        f: takes a row of xs, of their structure, and returns numbers, arrays and nested containers
            of them. It must not branch on numbers (use `where` or `cond`). What it closes over
            gets its derivative, too: the sum over the rows.
        xs: arrays, and nested containers of them, whose first axes are of one length n.

    Returns:
        What f returns, each array with a first axis of length n.

    Raises:
        TypeError: if f is steered by the numbers, or returns what is no number or array.
        ValueError: if xs differ in length.

    >>> import numpy as np
    >>> from autograd_lite import grad
    >>> map_rows(lambda x: x @ x, np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([ 5., 25.])
    >>> grad(lambda w: np.sum(map_rows(lambda x: np.sin(w * x), np.arange(3.0))))(0.0)
    3.0
    """
    check_function("map", f)
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
    rows = Rows(Subprogram(one.program), len(leaves), n)
    return with_leaves(form, rows([*leaves, *one.closed]))
