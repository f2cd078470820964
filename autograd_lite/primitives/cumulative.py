"""Cumulative sums and products, and the product of elements.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
