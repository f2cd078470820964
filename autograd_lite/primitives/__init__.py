"""The declarations of all primitives, a file a subject: once this is imported, the table of
`autograd_lite.engine.primitive` is complete, in this order."""

# isort: off
from autograd_lite.primitives import arithmetic, choices, exponential, trigonometric
from autograd_lite.primitives import activations, special, hyperbolic, rounding, complex_numbers
from autograd_lite.primitives import shape, axes, indexing, joining, reductions, softmax
from autograd_lite.primitives import products, affine, convolution
from autograd_lite.primitives import like, writing, assembling, creation, rearranging, sorting
from autograd_lite.primitives import padding, selecting
from autograd_lite.primitives import cumulative, statistics, numerics, polynomials
from autograd_lite.primitives import einsum, linalg, decompositions, fft
from autograd_lite.primitives import constants
# isort: on

__all__ = [
    "activations", "affine", "arithmetic", "assembling", "axes", "choices", "complex_numbers",
    "constants", "convolution", "creation", "cumulative", "decompositions", "einsum",
    "exponential", "fft", "hyperbolic", "indexing", "joining", "like", "linalg", "numerics",
    "padding", "polynomials", "products", "rearranging", "reductions", "rounding", "selecting",
    "shape", "softmax", "sorting", "special", "statistics", "trigonometric", "writing",
]  # fmt: skip
