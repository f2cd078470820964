"""All that an operation of your own needs, in one place.

`elementwise`, `structural` and `composed` declare it. Of the rest: `Laws` says which formulas of
it are the same, `SUM` … `ATOM` how tightly its notation binds, `REAL`, `POSITIVE` and `NONZERO`
where its operands may be tested, `float_function` names a function on floats, `EachOperand` is
the rule of an operation of any number of operands, `Shared` those of operands that have work in
common, `times` the product of the chain rule, in which 0·inf is 0, `frozen` an array known not to
change. `retract` takes a declaration back, and
`forget_float_function` a function on floats.

>>> import numpy as np
>>> from autograd_lite import grad
>>> @elementwise(floats="x / (1.0 + abs(x))", arrays=lambda x: x / (1.0 + np.abs(x)),
...              partials=(lambda x, z: 1.0 / (1.0 + abs(x)) ** 2,))
... def softsign(x):
...     \"\"\"z = x/(1 + |x|); ∂z/∂x = 1/(1 + |x|)².\"\"\"
>>> grad(softsign)(1.0)
0.25
>>> retract("softsign")
"""

from autograd_lite.engine.arrays import frozen
from autograd_lite.engine.chain import times
from autograd_lite.engine.declare import composed, elementwise, structural
from autograd_lite.engine.floats import float_function, forget_float_function
from autograd_lite.engine.primitive import (
    ATOM,
    NONZERO,
    POSITIVE,
    POWER,
    PRODUCT,
    REAL,
    SIGN,
    SUM,
    EachOperand,
    Laws,
    Shared,
    retract,
)

__all__ = [
    "ATOM", "EachOperand", "Laws", "NONZERO", "POSITIVE", "POWER", "PRODUCT", "REAL", "SIGN",
    "SUM", "Shared", "composed", "elementwise", "float_function", "forget_float_function",
    "frozen", "retract", "structural", "times",
]  # fmt: skip
