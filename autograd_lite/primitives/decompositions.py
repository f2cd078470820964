"""Decompositions of matrices: cholesky, eigh, svd, qr.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
