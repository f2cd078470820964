"""Rules for SciPy's functions, and SciPy's tools for functions that are differentiated.

    special     the rules of scipy.special's functions, found when one is called with a variable
    stats       densities and distribution functions
    linalg      triangular systems, Cholesky, functions of matrices
    signal      convolution and correlation
    optimize    solutions that can be differentiated by what the problem depends on
    integrate   ordinary differential equations

SciPy itself is needed: `pip install autograd_lite[scipy]`. Nothing here is imported with
`autograd_lite`, and none of these modules before it is asked for.
"""
