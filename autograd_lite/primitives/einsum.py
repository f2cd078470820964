"""Sums over products of arrays: einsum, tensordot, inner, outer, kron, cross.

See `autograd_lite.engine.primitive` for what a declaration means.
"""
