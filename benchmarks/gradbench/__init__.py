"""GradBench's twelve problems, written with autograd_lite, and its protocol.

`python -m benchmarks.gradbench` is a tool that GradBench (github.com/gradbench/gradbench) can run;
`python -m benchmarks gradbench` times the problems beside PyTorch and JAX.
"""
