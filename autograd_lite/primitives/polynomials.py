"""Polynomials by their coefficients.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
