"""Functions made of functions: their gradients."""

from autograd_lite.transforms.gradient import grad, value_and_grad
from autograd_lite.transforms.vmap import vmap

__all__ = ["grad", "value_and_grad", "vmap"]
