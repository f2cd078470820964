"""Linear algebra: inv, solve, det, norm.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
