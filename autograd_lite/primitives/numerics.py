"""Numerical functions on sampled data: diff, gradient, trapezoid, interp, convolve.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
