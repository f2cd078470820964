"""Statistics: var, std, median, quantile, cov, and reductions that leave out nan.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
