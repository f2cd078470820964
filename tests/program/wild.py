"""Numbers of every sort, equality to the last bit, and primitives that are declared for a test."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import hypothesis.strategies as st
import numpy as np

from autograd_lite import PRIMITIVES, Primitive, elementwise
from autograd_lite.engine.primitive import Elementwise, retract
from autograd_lite.program import straight, value_methods
from autograd_lite.testing.calls import always_there

SPECIAL = (
    0.0, -0.0, 5e-324, -5e-324, 1e-310, 2.2250738585072014e-308, 1e-9, -1e-9, 0.3, -0.3, 0.75, 1.0,
    -1.0, 1.25, 2.0, -2.0, 3.0, 37.5, -37.5, 709.7, 710.0, -746.0, 1e16, -1e155, 1.7e308,
    -1.7e308, math.inf, -math.inf, math.nan,
)  # fmt: skip

WILD = st.floats() | st.sampled_from(SPECIAL)

ELEMENTWISE = [p for p in always_there() if isinstance(p, Elementwise)]


def bits(x: float) -> int:
    """A float as 64 bits; all nans alike."""
    return -1 if math.isnan(x) else struct.unpack("<q", struct.pack("<d", x))[0]


def ulps(x: float, y: float) -> float:
    """How many floats lie between two of them."""
    if math.isnan(x) or math.isnan(y):
        return 0.0 if math.isnan(x) and math.isnan(y) else math.inf
    places = [b if b >= 0 else -(b & 0x7FFFFFFFFFFFFFFF) for b in (bits(x), bits(y))]
    return abs(places[0] - places[1])


def same(x: Any, y: Any) -> bool:
    """Both Python floats, and equal to the last bit."""
    return type(x) is type(y) is float and bits(x) == bits(y)


def general(primitive: Primitive, numbers: Any) -> list[float]:
    """z and ∂z/∂operand in the general way, 0 by what is no variable."""
    with np.errstate(all="ignore"):
        z = primitive.evaluate_floats(*numbers)
        found = [z]
        for i, rule in enumerate(primitive.partials or ()):
            found.append(0.0 if rule is None else primitive.partial_on_floats(i, numbers, z))
    return found


@contextmanager
def declared(
    operands: tuple[str, ...], floats: str, partials: Any, name: str = "tried", **fields: Any
) -> Iterator[Primitive]:
    """A primitive with operands of these names, for as long as the block lasts."""
    names: dict[str, Any] = {}
    exec(f"def {name}({', '.join(operands)}): 'A try.'", names)
    arrays = fields.pop("arrays", lambda *xs: np.full(np.broadcast(*xs).shape, math.nan)[()])
    function = elementwise(floats=floats, arrays=arrays, partials=partials, **fields)(names[name])
    try:
        yield function.primitive  # type: ignore[attr-defined]
    finally:
        value_methods.uninstall(function.primitive)  # type: ignore[attr-defined]
        straight.uninstall(function.primitive)  # type: ignore[attr-defined]
        PRIMITIVES.get(name) and retract(name)
