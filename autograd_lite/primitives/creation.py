"""Functions that make arrays after another, or of variables.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
