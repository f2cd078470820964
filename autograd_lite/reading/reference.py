"""The page that lists the primitives, made from their table."""

from __future__ import annotations

import importlib

from autograd_lite.engine.primitive import LATER, PRIMITIVES, Elementwise, Structural
from autograd_lite.engine.value import Value, record_value
from autograd_lite.reading.algebra import formula, local_derivative, text

_HEAD = """\
# The primitives

One declaration each; everything else is made from it. This page is made from the table by
`python -m autograd_lite.reading.reference`.

## Elementwise

| function | written | derivatives |
|---|---|---|
"""

_STRUCTURAL = """
## Structural

| function | what it gives |
|---|---|
"""


OWN = "autograd_lite.primitives."
"""Where what the page lists is declared; SciPy's functions are loaded later, if at all."""


def page() -> str:
    """The page in Markdown.

    >>> "| `multiply(x, y)` | x·y | ∂z/∂x = y, ∂z/∂y = x |" in page()
    True
    """
    for declarations in LATER.values():
        if declarations.startswith(OWN):  # at the end, whether or not somebody has asked for them
            importlib.import_module(declarations)
    own = [p for p in PRIMITIVES.values() if p.function.__module__.startswith(OWN)]
    elementwise = [_elementwise(p) for p in own if isinstance(p, Elementwise)]
    structural = [_structural(p) for p in own if isinstance(p, Structural)]
    return _HEAD + "".join(elementwise) + _STRUCTURAL + "".join(structural)


def _elementwise(primitive: Elementwise) -> str:
    """A row: the function, how it is written, and its local derivatives as formulas."""
    operands = [
        Value(min(max(0.75 + i / 2, low), high), name=name)
        for i, (name, domain) in enumerate(zip(primitive.operands, primitive.domain, strict=True))
        for low, high in domain[-1:]
    ]
    z = record_value(primitive, operands, {})
    names = {v: v.name or "" for v in operands} | {z: "z"}
    derivatives = []
    for i, (name, was) in enumerate(zip(primitive.operands, z.partials, strict=True)):
        if was is not None:
            derivatives.append(f"∂z/∂{name} = {text(local_derivative(z, i, names))}")
    signature = f"{primitive.name}({', '.join(primitive.operands)})"
    written = text(formula(z, names)).replace("|", "\\|")
    return f"| `{signature}` | {written} | {', '.join(derivatives)} |\n"


def _structural(primitive: Structural) -> str:
    first = (primitive.function.__doc__ or "").strip().split("\n\n")[0]
    return f"| `{primitive.name}` | {' '.join(first.split())} |\n"


if __name__ == "__main__":
    print(page(), end="")
