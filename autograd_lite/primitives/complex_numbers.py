"""The parts of complex numbers.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
