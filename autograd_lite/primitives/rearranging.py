"""Functions that rearrange, repeat and pad the elements of an array.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
