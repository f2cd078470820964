"""Functions made of functions: their gradients."""

from autograd_lite.transforms.anomaly import detect_anomaly
from autograd_lite.transforms.flatten import flatten
from autograd_lite.transforms.gradient import grad, value_and_grad
from autograd_lite.transforms.profile import profile

__all__ = ["detect_anomaly", "flatten", "grad", "profile", "value_and_grad"]
