"""The declarations of all primitives, a file a subject: once this is imported, the table of
`autograd_lite.engine.primitive` is complete, in this order, but for what is loaded later."""

from autograd_lite.engine.foreign import OPERATIONS
from autograd_lite.engine.primitive import later

# isort: off
from autograd_lite.primitives import arithmetic, choices, exponential, trigonometric
from autograd_lite.primitives import activations, special, hyperbolic, rounding, complex_numbers
from autograd_lite.primitives import shape, axes, indexing, joining, reductions, softmax
from autograd_lite.primitives import products, affine, convolution
from autograd_lite.primitives import like, writing, assembling, creation, rearranging, sorting
from autograd_lite.primitives import padding, selecting
from autograd_lite.primitives import cumulative, statistics, quantiles, missing
from autograd_lite.primitives import interpolation, numerics, polynomials, bessel
from autograd_lite.primitives import einsum, linalg, matrix_chains, eigenvalues, decompositions
from autograd_lite.primitives import norms, tensor_products
from autograd_lite.primitives import constants
# isort: on

# what is loaded when it is first needed, as are the functions that it stands for
later("numpy.fft", "autograd_lite.primitives.fft")
later("scipy.special", "autograd_lite.scipy.special")
later("scipy.special._ufuncs", "autograd_lite.scipy.special")  # of zeta, a function in Python
for _part in ("fft", "integrate", "linalg", "optimize", "signal", "sparse", "stats"):
    later(f"scipy.{_part}", f"autograd_lite.scipy.{_part}")
later("scipy.sparse.linalg", "autograd_lite.scipy.sparse")
OPERATIONS["matmul", "scipy.sparse"] = "autograd_lite.scipy.sparse:matmul"

__all__ = [
    "activations", "affine", "arithmetic", "assembling", "axes", "bessel", "choices",
    "complex_numbers", "constants", "convolution", "creation", "cumulative", "decompositions",
    "eigenvalues", "einsum", "exponential", "hyperbolic", "indexing", "interpolation", "joining",
    "like", "linalg", "matrix_chains", "missing", "norms", "numerics", "padding", "polynomials",
    "products", "quantiles", "rearranging", "reductions", "rounding", "selecting", "shape",
    "softmax", "sorting", "special", "statistics", "tensor_products", "trigonometric", "writing",
]  # fmt: skip
