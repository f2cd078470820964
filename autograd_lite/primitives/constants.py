"""NumPy functions that take variables and give plain results, since nothing can be differentiated:
questions about shape, comparisons, positions, roundings."""

from __future__ import annotations

import numpy as np

from autograd_lite.engine.primitive import constant

constant(np.shape, np.ndim, np.size, np.iscomplexobj, np.isrealobj, np.result_type)
constant(np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal)
constant(np.isnan, np.isinf, np.isfinite, np.isclose, np.allclose, np.array_equal, np.signbit)
constant(np.logical_and, np.logical_or, np.logical_not, np.logical_xor, np.any, np.all)
constant(np.argmax, np.argmin, np.argsort, np.nonzero, np.count_nonzero, np.searchsorted)
constant(np.argpartition, np.lexsort, np.nanargmax, np.nanargmin, np.flatnonzero, np.argwhere)
constant(np.isin, np.digitize, np.array_equiv, np.isreal, np.iscomplex, np.isposinf, np.isneginf)
constant(np.tril_indices_from, np.triu_indices_from, np.diag_indices_from)
constant(np.shares_memory, np.may_share_memory, np.min_scalar_type, np.common_type)
constant(np.array2string, np.array_repr, np.array_str)
constant(np.where)  # of one argument: where it is not 0
constant(np.floor, np.ceil, np.trunc, np.rint, np.fix, np.round, np.around, np.floor_divide)
constant(np.spacing, np.isreal, np.iscomplex, np.isneginf, np.isposinf)
