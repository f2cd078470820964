"""A graph is never lost without a word: a program gives the right gradient, or is refused."""

from __future__ import annotations

import array
import cmath
import ctypes
import datetime
import decimal
import fractions
import json
import math
import operator
import random
import re
import statistics
import struct
import warnings
from collections.abc import Callable
from typing import Any

import lost_graphs
import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Tensor, Value, grad, no_grad, numerical_gradient

KINDS = pytest.mark.parametrize("at", [2.0, np.array(2.0)], ids=["Value", "Tensor"])
REFUSALS = (TypeError, ValueError, IndexError, struct.error)


def filled(fill: Callable[[Any], Any]) -> Any:
    """The sum of an array that was filled."""
    r = np.zeros(3)
    fill(r)
    return r.sum()


NAMES = {
    module.__name__: module
    for module in (array, cmath, ctypes, datetime, decimal, fractions, json, math, operator, random,
                   statistics, struct)
} | {"np": np, "filled": filled}  # fmt: skip


def programs(text: str) -> list[str]:
    return [line for line in text.strip().splitlines() if line]


def function(program: str) -> Callable[[Any], Any]:
    return eval(f"lambda x: {program}", dict(NAMES))  # type: ignore[no-any-return]


ALL = [lost_graphs.CONVERSIONS, lost_graphs.FILLED, lost_graphs.NUMPY, lost_graphs.KEPT]


@KINDS
@pytest.mark.parametrize("program", programs("".join(ALL)))
@pytest.mark.filterwarnings("ignore:Conversion of an array:DeprecationWarning")
def test_right_or_refused(program: str, at: Any) -> None:
    f = function(program)
    try:
        found = grad(f)(at)
    except REFUSALS:
        return
    assert found == pytest.approx(numerical_gradient(lambda x: float(f(x)), 2.0), abs=1e-6)


@KINDS
@pytest.mark.parametrize("program", programs(lost_graphs.KEPT))
def test_what_loses_nothing_goes_on_working(program: str, at: Any) -> None:
    f = function(program)
    assert grad(f)(at) == pytest.approx(numerical_gradient(lambda x: float(f(x)), 2.0), abs=1e-6)


@pytest.mark.parametrize("x", [Value(2.0), Tensor(2.0), Tensor([2.0]), Value(1.0) + 1.0])
@pytest.mark.parametrize("convert", [float, int, complex, operator.index, math.sin, math.fabs])
def test_the_refusal_names_the_way_out(convert: Any, x: Any) -> None:
    with pytest.raises(TypeError, match=r"x\.item\(\)"):
        convert(x)


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_the_refusal_of_a_filled_array_names_what_works(kind: Any) -> None:
    r = np.zeros(3)
    with pytest.raises((TypeError, ValueError)) as refused:
        r[0] = kind(2.0)
    said = refused.value.__cause__ or refused.value  # NumPy puts its own words on top of ours
    assert re.search(r"r\[i\] = x.*zeros_like", str(said))
    assert not r.any()
    x = kind(2.0)
    ag.sum(ag.stack([x, x**2, x**3])).backward()
    assert x.grad == 1 + 4 + 12
    x = kind(2.0)
    r = np.zeros_like(x, shape=r.shape)
    for i in range(3):
        r[i] = x ** (i + 1)
    r.sum().backward()
    assert x.grad == 1 + 4 + 12


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_refusals_name_what_works_instead(kind: Any) -> None:
    x = kind(2.0)
    with pytest.raises(TypeError, match=r"full_like: .* np.full_like\(x, x, shape=…\)"):
        np.full_like(np.ones(3), x)
    assert np.full_like(x, x, shape=3).shape == (3,)
    for asked in (lambda: np.asarray(x, dtype=int), lambda: np.int64(x)):
        with pytest.raises(TypeError, match=r"int\(x.item\(\)\)|astype\('int64'\)"):
            asked()
    with pytest.raises(TypeError, match=r"real numbers .* scipy.special.erf takes both"):
        ag.erf(Tensor([1j]))
    with pytest.raises(TypeError, match=r"plain numbers: x.detach\(\)"):
        len(Tensor(2.0))  # what torch.tensor asks for


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_constants_are_given_where_nothing_is_recorded(kind: Any) -> None:
    x = kind(2.5)
    with no_grad():
        assert (float(x), int(x), complex(x), math.floor(x)) == (2.5, 2, 2.5, 2)
        r = np.zeros(2)
        r[0] = x.item()
    assert x.item() == x.detach() == 2.5


@pytest.mark.parametrize("x", [Value(2.0), Tensor(2.0), Tensor([2.0]), Tensor([[2.0]])])
def test_formatting_is_of_the_number(x: Any) -> None:
    assert f"{x:.3f}|{x:8.1e}|{x:g}" == "2.000| 2.0e+00|2"
    assert f"{x}" == repr(x)
    with pytest.raises(ValueError, match="not one number"):
        f"{Tensor([1.0, 2.0]):.3f}"


def test_masked_arrays_read_nothing_of_ours() -> None:
    assert not hasattr(Value(1.0), "_data")
    assert not hasattr(Tensor(1.0), "_data")
    assert not hasattr(Tensor(1.0), "_mask")


# ---------------------------------------------------------------- grad


@pytest.mark.parametrize("f", [lambda x: 3.0, lambda x: x.item() ** 2, lambda x: np.float64(1.0)])
@KINDS
def test_a_plain_output_warns_and_has_no_gradient(f: Any, at: Any) -> None:
    with pytest.warns(UserWarning, match="depends on nothing"):
        assert grad(f)(at) == 0.0


def test_the_warning_points_at_the_caller() -> None:
    with pytest.warns(UserWarning, match="plain number") as caught:
        grad(lambda x: 3.0)(1.0)
    assert caught[0].filename == __file__


def test_an_output_that_is_a_variable_of_its_own_warns_too() -> None:
    with pytest.warns(UserWarning, match="does not depend on what it is differentiated by"):
        assert grad(lambda x: Value(3.0) * 2.0)(1.0) == 0.0
    w = Value(3.0)  # of what is outside, it is no accident
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert grad(lambda x: w * 2.0)(1.0).item() == 0.0
