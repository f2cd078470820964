"""Random programs, run by autograd_lite, by NumPy and by PyTorch, and compared step by step.

`python -m benchmarks.agreement [--programs 20000] [--seed 0]`; see `benchmarks/README.md`.
"""
