"""Every function of the table, called as users call it: see `table_checks`.

Nothing here names an operation: a new declaration is tested by being declared, with `cases`. All
the cases that it lists are tested, at points drawn from a fixed seed, rather than a few of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from table_calls import Entry, entries
from table_checks import (
    CHECKS,
    check_derivatives,
    check_plain,
    check_results,
    check_views,
)

from autograd_lite import Tensor
from autograd_lite.engine.primitive import Composed, Rule
from autograd_lite.engine.variable import is_variable

ALL = pytest.mark.parametrize("entry", entries(others=True), ids=lambda entry: entry.name)


@ALL
def test_every_function(entry: Entry) -> None:
    assert entry.has_cases, (
        f"{entry.one.name} stands for {entry.name} and lists no calls to test: give its "
        "declaration cases=f, where f(shape) yields ((the operands' shapes), (the arguments after "
        "them), {keywords}), with every argument that has a meaning; a constant among the operands "
        "stands in the place of a shape"
    )
    for check in CHECKS:
        try:
            check(entry)
        except Exception as error:
            error.add_note(f"{entry.name}: in {check.__name__}")
            raise


# ---------------------------------------------------------------- wrong ones are noticed


def stands_for(right: Rule, wrong: Rule, **options: Any) -> Entry:
    """The entry of a function that is right on plain arrays, and something else on Tensors."""

    def function(x: Any, *args: Any, **kwargs: Any) -> Any:
        return (wrong if is_variable(x) else right)(x, *args, **kwargs)

    def cases(shape: tuple[int, ...]) -> Any:
        yield (shape,), (), {}

    return Entry(Composed(name="f", function=function, cases=cases, **options), function)


def half_of_it(x: Any) -> Any:
    """2x whose derivative is 1."""
    return x + x.detach()


def without_second(x: Any) -> Any:
    """x³ whose second derivative is 0."""
    return 3.0 * x.detach() ** 2 * x - 2.0 * x.detach() ** 3


WRONG = {
    "value": (check_results, lambda x: 2.0 * x, lambda x: 2.0 * x + 1e-9),
    "dtype": (check_results, lambda x: 2.0 * x, lambda x: x * np.array([2.0])[0]),
    "shape": (check_results, lambda x: 2.0 * x, lambda x: 2.0 * x[None]),
    "count": (check_results, lambda x: (x, x), lambda x: (x,)),
    "no error": (check_results, lambda x: x[10], lambda x: x),
    "an error": (check_results, lambda x: x, lambda x: x[10]),
    "not plain": (check_plain, lambda x: Tensor(x), lambda x: x),
    "a copy": (check_views, lambda x: x[...], lambda x: x * 1.0),
    "a view": (check_views, lambda x: x * 1.0, lambda x: x[...]),
    "first order": (check_derivatives, lambda x: 2.0 * x, half_of_it),
    "not recorded": (check_derivatives, lambda x: 2.0 * x, lambda x: 2.0 * x.detach()),
    "second order": (check_derivatives, lambda x: x**3, without_second),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_function_is_noticed(what: str) -> None:
    check, right, wrong = WRONG[what]
    with pytest.raises(AssertionError):
        check(stands_for(right, wrong))
