"""Discrete Fourier transforms.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
