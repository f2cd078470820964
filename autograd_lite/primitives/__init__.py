"""The declarations of all primitives, a file a subject: once this is imported, the table of
`autograd_lite.engine.primitive` is complete, in this order."""

# isort: off
from autograd_lite.primitives import arithmetic, choices, exponential, trigonometric
from autograd_lite.primitives import activations, special
from autograd_lite.primitives import shape, indexing, joining, reductions, softmax
from autograd_lite.primitives import products, affine, convolution
from autograd_lite.primitives import constants
# isort: on

__all__ = [
    "activations", "affine", "arithmetic", "choices", "constants", "convolution", "exponential",
    "indexing", "joining", "products", "reductions", "shape", "softmax", "special",
    "trigonometric",
]  # fmt: skip
