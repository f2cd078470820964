"""Arrays made after another one: zeros_like, ones_like, empty_like, full_like.

Of a variable they are Tensors, so that `y[i] = …` records what is written into them. See
`autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.batch import Batched
from autograd_lite.engine.batching import each_its_own
from autograd_lite.engine.declare import composed
from autograd_lite.engine.dtypes import computed_in
from autograd_lite.engine.primitive import Case, Rule
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import is_variable
from autograd_lite.engine.views import as_it_lies
from autograd_lite.primitives.shape import Shape, broadcast_to, shape_of


def _like(make: Rule, x: Any, dtype: Any, order: Any, shape: Any) -> Any:
    """What NumPy makes; after a variable, and of floating-point numbers, as a Tensor."""
    if isinstance(x, Batched):  # each example gets its own, to be written into
        return each_its_own(make(as_it_lies(x), dtype, order, shape=shape), x)
    if isinstance(x, StandIn):
        return make(as_it_lies(x), dtype, order, shape=shape)
    if not is_variable(x):
        return make(x, dtype, order, shape=shape)
    plain = make(np.asarray(as_it_lies(x)), dtype, order, shape=shape)
    return Tensor(plain) if plain.dtype.kind in "fc" else plain


def _cases(shape: Shape) -> Any:
    case: Case = (shape,), (), {}
    yield case
    yield (shape,), (np.float32,), {}
    yield (shape,), (), {"shape": (2, *shape)}


@composed(np.zeros_like, cases=_cases)
def zeros_like(
    x: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None
) -> Any:
    """Zeros with the shape and dtype of x, or those given: after a variable a Tensor, which can be
    written into. It does not depend on x.

    >>> zeros_like(Tensor([1.0, 2.0]))
    Tensor([0., 0.])
    """
    return _like(np.zeros_like, x, dtype, order, shape)


@composed(np.ones_like, cases=_cases)
def ones_like(
    x: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None
) -> Any:
    """Ones with the shape and dtype of x, or those given; as `zeros_like`.

    >>> ones_like(Tensor([1.0, 2.0]))
    Tensor([1., 1.])
    """
    return _like(np.ones_like, x, dtype, order, shape)


def _empty_cases(shape: Shape) -> Any:
    case: Case = (
        (shape,),
        (),
        {"shape": (0, *shape)},
    )  # without elements, which would be any numbers
    yield case
    yield (shape,), (np.float32,), {"shape": (0,)}


@composed(np.empty_like, cases=_empty_cases)
def empty_like(
    x: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None
) -> Any:
    """An array with the shape and dtype of x, or those given, to be written into; as `zeros_like`.
    What it holds before is not defined.

    >>> empty_like(Tensor([1.0, 2.0])).shape
    (2,)
    """
    return _like(np.empty_like, x, dtype, order, shape)


def _full_cases(shape: Shape) -> Any:
    for case in _cases(shape):
        yield (shape, ()), *case[1:]
    yield (shape, shape), (), {}


@composed(np.full_like, cases=_full_cases)
def full_like(
    x: Any, fill_value: Any, dtype: Any = None, order: Any = "K", *, shape: Any = None
) -> Any:
    """An array with the shape and dtype of x, or those given, each element of it `fill_value`.
    x lends nothing else: only `fill_value` gets a gradient. `order`, that of the elements in
    memory, is for plain results.

    >>> full_like(np.zeros((2, 2)), 3.0)
    array([[3., 3.],
           [3., 3.]])
    """
    if not is_variable(fill_value):

        def make(like: Any, dtype: Any, order: Any, shape: Any) -> Any:
            return np.full_like(like, fill_value, dtype, order, shape=shape)

        return _like(make, x, dtype, order, shape)
    filled = computed_in("full_like", fill_value, dtype or getattr(x, "dtype", np.float64))
    return broadcast_to(filled, shape_of(x) if shape is None else shape) + 0.0
