"""Interpolation between points, and values counted in bins.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
