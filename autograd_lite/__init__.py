"""Reverse-mode automatic differentiation whose reasoning can be read.

Programs of `Value`s (Python floats) and `Tensor`s (NumPy arrays) are recorded as a graph; from
that one graph come the gradient, the derivation by the chain rule, the picture and the check
against numerical differentiation.
"""

from autograd_lite.affine import affine
from autograd_lite.convolution import overlap_add, windows
from autograd_lite.elementwise import (
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
from autograd_lite.modes import is_recording, no_grad
from autograd_lite.numerical import numerical_gradient
from autograd_lite.primitive import PRIMITIVES, Primitive, elementwise, structural
from autograd_lite.products import dot, matmul, vdot
from autograd_lite.reductions import log_softmax, logsumexp, max, mean, min, softmax, sum
from autograd_lite.reverse import gradients
from autograd_lite.shaping import (
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
from autograd_lite.special import erf
from autograd_lite.tensor import Tensor
from autograd_lite.transforms import grad, value_and_grad
from autograd_lite.value import Value

from autograd_lite import numpy_protocol, plain, value_code  # noqa: F401  isort: skip

__version__ = "0.1.0"

__all__ = [
    "PRIMITIVES", "Primitive", "Tensor", "Value", "abs", "add", "affine", "astype", "broadcast_to",
    "concatenate", "cos", "divide", "dot", "elementwise", "equal", "erf", "exp", "expm1",
    "getitem", "grad", "gradients", "is_recording", "log", "log1p", "log_softmax", "logsumexp",
    "matmul", "max", "maximum", "mean", "min", "minimum", "multiply", "negative", "no_grad",
    "numerical_gradient", "overlap_add", "positive", "power", "relu", "reshape", "scatter",
    "sigmoid", "sign", "sin", "softmax", "softplus", "sqrt", "square",
    "stack", "step", "structural", "subtract", "sum", "swapaxes", "tanh", "transpose",
    "value_and_grad", "vdot", "where", "windows",
]  # fmt: skip
