"""What variables do beside operands of other libraries' classes: `A @ t` with a sparse A."""

from __future__ import annotations

import importlib
from typing import Any

from autograd_lite.engine.primitive import Primitive, Rule

OPERATIONS: dict[tuple[str, str], str] = {}
"""For a primitive and the package of a class, `module:function`, which stands for it there: it is
imported when there is such an operand."""


def operation_on(primitive: Primitive, x: Any) -> Rule | None:
    """What stands for a primitive of which x, of another library's class, is an operand, if any."""
    package = ".".join(type(x).__module__.split(".")[:2])
    place = OPERATIONS.get((primitive.name, package))
    if place is None:
        return None
    module, _, name = place.partition(":")
    found: Rule = getattr(importlib.import_module(module), name)
    return found
