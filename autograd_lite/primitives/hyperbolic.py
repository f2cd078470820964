"""Hyperbolic functions and their inverses.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
