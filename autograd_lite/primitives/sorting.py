"""Sorting and what follows from it.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
