"""Rounding and remainders.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
