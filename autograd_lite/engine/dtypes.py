"""In which floating dtype something is computed, where a call names one (NumPy's `dtype=`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.primitive import PRIMITIVES


def floating(name: str, dtype: Any) -> np.dtype[Any]:
    """A floating dtype in this machine's byte order, or a TypeError that names who asked."""
    wanted: np.dtype[Any] = np.dtype(dtype)
    if wanted.kind not in "fc":
        raise TypeError(
            f"{name}: {wanted} has no gradient; use x.detach().astype(...) for a constant"
        )
    return wanted.newbyteorder("=")


def computed_in(name: str, x: Any, dtype: Any) -> Any:
    """An operand of something that is to be computed in a floating dtype; None leaves it as it is.

    >>> from autograd_lite import Tensor
    >>> computed_in("sum", Tensor([1.0]), np.float32).dtype
    dtype('float32')
    """
    if dtype is None:
        return x
    wanted = floating(name, dtype)
    held = getattr(x, "dtype", np.float64 if hasattr(x, "detach") else None)
    return x if held == wanted else PRIMITIVES["astype"].function(x, wanted)


def is_complex(x: Any) -> bool:
    """Whether x is a complex number, array or variable.

    >>> is_complex(1.0), is_complex(1.0j), is_complex(np.ones(2, complex))
    (False, True, True)
    """
    dtype = getattr(x, "dtype", None)
    return isinstance(x, complex) if dtype is None else bool(dtype.kind == "c")
