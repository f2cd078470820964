"""Reverse-mode automatic differentiation whose reasoning can be read.

Programs of `Value`s (Python floats) and `Tensor`s (NumPy arrays) are recorded as a graph; from
that one graph come the gradient, the derivation by the chain rule, the picture and the check
against numerical differentiation.
"""

from autograd_lite.engine.floats import float_function
from autograd_lite.engine.modes import is_recording, no_grad
from autograd_lite.engine.primitive import PRIMITIVES, Primitive, elementwise, structural
from autograd_lite.engine.reverse import gradients
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.numerical import numerical_gradient
from autograd_lite.primitives.affine import affine
from autograd_lite.primitives.convolution import overlap_add, windows
from autograd_lite.primitives.elementwise import (
    abs,
    add,
    cos,
    divide,
    equal,
    exp,
    expm1,
    log,
    log1p,
    maximum,
    minimum,
    multiply,
    negative,
    positive,
    power,
    relu,
    sigmoid,
    sign,
    sin,
    softplus,
    sqrt,
    square,
    step,
    subtract,
    tanh,
    where,
)
from autograd_lite.primitives.products import dot, matmul, vdot
from autograd_lite.primitives.reductions import log_softmax, logsumexp, max, mean, min, softmax, sum
from autograd_lite.primitives.shaping import (
    astype,
    broadcast_to,
    concatenate,
    getitem,
    reshape,
    scatter,
    stack,
    swapaxes,
    transpose,
)
from autograd_lite.primitives.special import erf
from autograd_lite.transforms import grad, value_and_grad

from autograd_lite.engine import numpy_protocol  # noqa: F401  isort: skip
from autograd_lite.primitives import constants  # noqa: F401  isort: skip
from autograd_lite.program import value_methods  # noqa: F401  isort: skip

__version__ = "0.1.0"

__all__ = [
    "PRIMITIVES", "Primitive", "Tensor", "Value", "abs", "add", "affine", "astype", "broadcast_to",
    "concatenate", "cos", "divide", "dot", "elementwise", "equal", "erf", "exp", "expm1",
    "float_function", "getitem", "grad", "gradients", "is_recording", "log", "log1p",
    "log_softmax", "logsumexp",
    "matmul", "max", "maximum", "mean", "min", "minimum", "multiply", "negative", "no_grad",
    "numerical_gradient", "overlap_add", "positive", "power", "relu", "reshape", "scatter",
    "sigmoid", "sign", "sin", "softmax", "softplus", "sqrt", "square",
    "stack", "step", "structural", "subtract", "sum", "swapaxes", "tanh", "transpose",
    "value_and_grad", "vdot", "where", "windows",
]  # fmt: skip
