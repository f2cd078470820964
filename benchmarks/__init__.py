"""Timings of autograd_lite beside other libraries, and beside hand-written NumPy.

`python -m benchmarks` runs them all and prints tables of ratios; see README.md.
"""
