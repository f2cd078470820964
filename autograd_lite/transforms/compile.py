"""Compiled functions: `compile` traces a function once and runs it from then on as source code."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


def compile(
    f: Callable[..., Any] | None = None, *, backend: str | None = None, steps: bool = False
) -> Any:
    """The function f as a program: traced once, then run as source code that can be read.

    The first call with arguments of a structure, of shapes and dtypes, runs f once on stand-ins
    that note what is done to them; from then on such calls run the code that was made of it. Floats
    and arrays are the inputs of a program. Whole numbers, truth values and text are not: for each
    of them a program of its own is made, so that they may steer f.

    Args:
        f: a function of numbers, arrays and nested containers of them, made of the functions of
            this package and NumPy's; a transform of one (`compile(hessian(f))`) too. Without f, a
            decorator is returned.
        backend: "python" for source of Python's numbers alone, "numpy" for NumPy's calls; by
            default the first, if f computes with numbers alone, else the second. "native" for
            machine code, which needs `autograd_lite[native]`: of numbers, and of arrays of float64
            with all loops and branches; what there is none for stays a call of NumPy's. There
            functions such as exp may differ from Python's by two units in the last place, sums and
            products of matrices by the order of addition.
        steps: whether to keep what simplification does to a program, as `.steps`: which
            instruction went, why, and what stands for it.

    Returns:
        A `Compiled`, which is called as f is. `.value_and_grad`, `.grad`, `.jacobian` and
        `.hessian` are compiled, too; `.source` is the code, `.program` its instructions.

    Raises:
        TypeError: when it is called, if f does what a program cannot hold: branches, or a length,
            that depend on the numbers. The message names the line.

    >>> @compile
    ... def energy(x, w):
    ...     z = x * w
    ...     return z**2 / 2
    >>> energy.value_and_grad(2.0, 3.0)
    (18.0, 18.0)
    >>> print(energy.value_and_grad.source)
    def energy(x, w):
        z = x * w
        # return z**2 / 2
        t2 = pow(z, 2) / 2
        d_z = 0.5 * (2 * z)
        d_x = 0.0 + (d_z * w)
        if isnan(d_x): raise FloatingPointError
        return t2, d_x
    """
    if f is None:
        return functools.partial(compile, backend=backend, steps=steps)
    from autograd_lite.transforms.compiled import Compiled  # not needed to import this package

    return Compiled(f, backend, steps)
