"""Numerical differentiation: what gradients are checked against."""

from autograd_lite.numerical.differences import (
    Estimate,
    numerical_gradient,
    numerical_jacobian,
    richardson,
)

__all__ = ["Estimate", "numerical_gradient", "numerical_jacobian", "richardson"]
