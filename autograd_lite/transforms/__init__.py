"""Functions made of functions: derivatives of every kind."""

from autograd_lite.transforms.anomaly import detect_anomaly
from autograd_lite.transforms.checkpoint import checkpoint
from autograd_lite.transforms.compile import compile
from autograd_lite.transforms.custom import custom_gradient
from autograd_lite.transforms.flatten import flatten
from autograd_lite.transforms.gradient import elementwise_grad, grad, value_and_grad
from autograd_lite.transforms.hessian import hessian, hvp
from autograd_lite.transforms.jacobian import jacobian
from autograd_lite.transforms.jvp import jvp, linearize
from autograd_lite.transforms.loops import cond, map_rows, scan, while_loop
from autograd_lite.transforms.profile import profile
from autograd_lite.transforms.trees import register_tree
from autograd_lite.transforms.vjp import vjp
from autograd_lite.transforms.vmap import vmap

__all__ = [
    "checkpoint", "compile", "cond", "custom_gradient", "detect_anomaly", "elementwise_grad",
    "flatten", "grad", "hessian", "hvp", "jacobian", "jvp", "linearize", "map_rows", "profile",
    "register_tree", "scan", "value_and_grad", "vjp", "vmap", "while_loop",
]  # fmt: skip
