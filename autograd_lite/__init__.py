"""Reverse-mode automatic differentiation whose reasoning can be read.

Programs of `Value`s (Python floats) and `Tensor`s (NumPy arrays) are recorded as a graph; from
that one graph come the gradient, the derivation by the chain rule, the picture and the check
against numerical differentiation.
"""

from typing import TYPE_CHECKING, Any

from autograd_lite.engine.arrays import frozen
from autograd_lite.engine.declare import composed, elementwise, structural
from autograd_lite.engine.floats import float_function
from autograd_lite.engine.modes import is_recording, no_grad
from autograd_lite.engine.primitive import COMPOSED, PRIMITIVES, Primitive
from autograd_lite.engine.reverse import gradients
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.numerical import numerical_gradient
from autograd_lite.primitives.activations import relu, sigmoid, softplus, tanh
from autograd_lite.primitives.affine import affine
from autograd_lite.primitives.arithmetic import abs as abs
from autograd_lite.primitives.arithmetic import (
    add,
    divide,
    multiply,
    negative,
    positive,
    sign,
    subtract,
)
from autograd_lite.primitives.choices import clip, equal, maximum, minimum, step, where
from autograd_lite.primitives.convolution import overlap_add, windows
from autograd_lite.primitives.exponential import exp, expm1, log, log1p, power, sqrt, square
from autograd_lite.primitives.indexing import add_at, assign, getitem, scatter
from autograd_lite.primitives.joining import array_split, concatenate, split, stack
from autograd_lite.primitives.like import empty_like, full_like, ones_like, zeros_like
from autograd_lite.primitives.products import dot, matmul, vdot
from autograd_lite.primitives.reductions import max as max
from autograd_lite.primitives.reductions import mean
from autograd_lite.primitives.reductions import min as min
from autograd_lite.primitives.reductions import sum as sum
from autograd_lite.primitives.shape import (
    astype,
    broadcast_to,
    reshape,
    swapaxes,
    transpose,
)
from autograd_lite.primitives.softmax import log_softmax, logsumexp, softmax
from autograd_lite.primitives.special import erf
from autograd_lite.primitives.trigonometric import arctan2, cos, hypot, sin
from autograd_lite.transforms import (
    checkpoint,
    cond,
    custom_gradient,
    detect_anomaly,
    elementwise_grad,
    flatten,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    linearize,
    profile,
    register_tree,
    scan,
    value_and_grad,
    vjp,
    vmap,
    while_loop,
)
from autograd_lite.transforms import compile as compile
from autograd_lite.transforms import map_rows as map  # noqa: F401

from autograd_lite.engine import numpy_protocol  # noqa: F401  isort: skip
from autograd_lite.engine import batched_numpy, stand_in_numpy  # noqa: F401  isort: skip
from autograd_lite.primitives import constants  # noqa: F401  isort: skip
from autograd_lite.program import value_methods  # noqa: F401  isort: skip

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """NumPy's functions, of which only some are exported, by the names that they have there."""
        one = PRIMITIVES.get(name) or COMPOSED.get(name)
        if one is None:
            raise AttributeError(f"module 'autograd_lite' has no attribute {name!r}")
        return one.function


__version__ = "0.1.0"

# All but abs, compile, map, max, min and sum: `from autograd_lite import *` leaves Python's own.
__all__ = [
    "PRIMITIVES", "Primitive", "Tensor", "Value", "add", "add_at", "affine", "arctan2",
    "array_split", "assign", "astype", "broadcast_to", "checkpoint", "clip", "composed",
    "concatenate", "cond", "cos", "custom_gradient", "detect_anomaly", "divide", "dot",
    "elementwise", "elementwise_grad", "empty_like", "equal", "erf", "exp", "expm1", "flatten",
    "float_function", "frozen", "full_like", "getitem", "grad", "gradients", "hessian", "hvp",
    "hypot", "is_recording", "jacobian", "jvp", "linearize", "log", "log1p", "log_softmax",
    "logsumexp", "matmul", "maximum", "mean", "minimum", "multiply", "negative", "no_grad",
    "numerical_gradient", "ones_like", "overlap_add", "positive", "power", "profile",
    "register_tree", "relu", "reshape", "scan", "scatter", "sigmoid", "sign", "sin", "softmax",
    "softplus", "split", "sqrt", "square", "stack", "step", "structural", "subtract", "swapaxes",
    "tanh", "transpose", "value_and_grad", "vdot", "vjp", "vmap", "where", "while_loop", "windows",
    "zeros_like",
]  # fmt: skip
