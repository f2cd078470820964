"""Functions that pick elements: take, compress, choose, diagonal.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
