"""NumPy's functions where PyTorch computes the same. Called otherwise they raise a ValueError, and
nothing is compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.agreement.maps import Function


def refusing(refused: Callable[..., Any]) -> Callable[[Function], Function]:
    """Makes of a function of NumPy's one that refuses the calls of which `refused` is true."""

    def restricted(f: Function) -> Function:
        def called(*args: Any, **kwargs: Any) -> Any:
            if refused(*args, **kwargs):
                raise ValueError(refused.__doc__)
            return f(*args, **kwargs)

        return called

    return restricted


# ---------------------------------------------------------------- by what they are called with


@refusing
def not_as_it_lies(x: Any, *args: Any, **kwargs: Any) -> bool:
    """An order that depends on how the array lies in memory."""
    return bool({"K", "A"} & {*args, *kwargs.values()})


@refusing
def not_empty(x: Any, *args: Any, **kwargs: Any) -> bool:
    """An empty array."""
    return not np.size(x)


@refusing
def not_truth(x: Any, *args: Any, **kwargs: Any) -> bool:
    """A truth value, which NumPy takes for an array."""
    return isinstance(x, bool)


@refusing
def of_one(x: Any, *more: Any, **kwargs: Any) -> bool:
    """More than one operand."""
    return bool(more)


@refusing
def of_arrays(x: Any, y: Any) -> bool:
    """A number beside an array, which it widens if that is of float32."""
    return not (np.ndim(x) and np.ndim(y))


@refusing
def plainly(x: Any, *args: Any, **kwargs: Any) -> bool:
    """Anything but one matrix with more than one column."""
    return bool(args or kwargs or np.ndim(x) != 2 or np.shape(x)[1] < 2)


@refusing
def unweighted(x: Any, *args: Any, **kwargs: Any) -> bool:
    """Quantiles with weights, of one number, or of nan."""
    return kwargs.get("weights") is not None or np.ndim(x) == 0 or bool(np.isnan(x).any())


def padded(x: Any, widths: Any, mode: str = "constant", **kwargs: Any) -> Any:
    """np.pad, in the modes that are linear."""
    if mode in ("maximum", "minimum", "median"):
        raise ValueError(mode)
    return np.pad(x, widths, mode, **kwargs)


def all_given(f: Function) -> Function:
    """A function of a list, called with what would be in it."""
    return lambda *arrays, **kwargs: f(list(arrays), **kwargs)


# ---------------------------------------------------------------- by what they give


def one_result(f: Function) -> Function:
    """The function of NumPy, where it gives one array."""

    def called(x: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(z := f(x, *args, **kwargs), tuple | list):
            raise ValueError("several")
        return z

    return called


def finite(x: Any) -> Any:
    """The same; LAPACK may go on for ever with what is not finite."""
    if not np.isfinite(x).all():
        raise ValueError("not finite")
    return x


def distinct(x: Any) -> Any:
    """Singular values that are not near one another, nor near 0."""
    s = np.linalg.svdvals(finite(x))
    if np.any(-np.diff(s, append=0.0) < 0.05):
        raise ValueError("not distinct")
    return s


def not_singular(x: Any) -> Any:
    """The determinant; PyTorch does not differentiate that of a singular matrix as often as it
    can be."""
    z = np.linalg.det(x)
    if np.any(np.abs(z) < 0.01):
        raise ValueError("singular")
    return z


def full_rank(x: Any, **kwargs: Any) -> Any:
    """The pseudoinverse of what has full rank."""
    if np.linalg.svdvals(finite(x)).min(initial=1.0) < 0.05:
        raise ValueError("not of full rank")
    return np.linalg.pinv(x, **kwargs)


def nonzero(f: Function) -> Function:
    """A norm where it has a derivative that is no matter of convention."""

    def called(x: Any, *args: Any, **kwargs: Any) -> Any:
        z = f(x, *args, **kwargs)
        if np.any(np.abs(x) < 0.01) or np.ndim(x) == 0 or np.size(x) != len(np.unique(np.abs(x))):
            raise ValueError("ties, or 0")
        if np.linalg.svdvals(finite(np.atleast_2d(x))).min(initial=1.0) < 0.05:
            raise ValueError("not of full rank")
        return z

    return called
