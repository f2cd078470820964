"""Random programs with structure: `scan`, `map`, `cond` and `while_loop` in each other.

A program is Python source that is drawn line by line and run on plain arrays as it grows. With
other functions in place of this package's it is another program: a loop of Python's in place of
`scan`, or JAX.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import PRIMITIVES
from autograd_lite.testing.calls import shown
from autograd_lite.transforms.loops import cond, map_rows, scan, while_loop
from autograd_lite.transforms.trees import leaves_of, map_leaves, with_leaves


@dataclass(frozen=True)
class LoopProgram:
    """A function of its inputs, which returns a tuple of numbers and arrays."""

    inputs: Mapping[str, Any]
    """The numbers and arrays that it is to be run on, by name."""
    lines: tuple[str, ...]
    """The body of the function."""

    __name__ = "program"

    def __call__(self, *inputs: Any) -> Any:
        return self.run(inputs)

    def run(self, inputs: Sequence[Any], functions: Any = None, numpy: Any = np) -> Any:
        """The result.

        Args:
            inputs: what to use in place of `self.inputs`, in order.
            functions: what stands for `al`; see `UNROLLED`.
            numpy: what stands for `np`.
        """
        space = {"al": OURS if functions is None else functions, "np": numpy}
        exec(_code(self.source()), space)
        return space["program"](*inputs)

    def check(self) -> None:
        """Raise SyntaxError if it is no Python."""
        _code(self.source())

    def source(self) -> str:
        """The function as Python."""
        head = f"def program({', '.join(self.inputs)}):"
        return "\n".join([head, *(f"    {line}" for line in self.lines)])

    def __repr__(self) -> str:
        given = ", ".join(shown(x) for x in self.inputs.values())
        return f"{self.source()}\n\nprogram({given})"


@functools.lru_cache(maxsize=64)
def _code(source: str) -> Any:
    return compile(source, "<program>", "exec")


# ---------------------------------------------------------------- what stands for the package


def _unrolled_scan(
    step: Any, carry: Any, xs: Any = None, length: int | None = None, checkpoint: Any = None
) -> Any:
    n = length if length is not None else len(leaves_of(xs)[0])
    if not n:
        return scan(step, carry, xs, length)
    rows = []
    for i in range(n):
        carry, y = step(carry, _row(xs, i))
        rows.append(y)
    return carry, _stacked(rows)


def _row(xs: Any, i: int) -> Any:
    return map_leaves(lambda x, where: x[i], xs)


def _unrolled_map(f: Any, xs: Any) -> Any:
    n = len(leaves_of(xs)[0])
    if not n:
        return map_rows(f, xs)
    return _stacked([f(_row(xs, i)) for i in range(n)])


def _stacked(rows: Sequence[Any]) -> Any:
    columns = zip(*map(leaves_of, rows), strict=True)
    return with_leaves(rows[0], [_PLAIN["stack"](list(column)) for column in columns])


def _unrolled_cond(predicate: Any, on_true: Any, on_false: Any, *operands: Any) -> Any:
    return (on_true if predicate else on_false)(*operands)


def _unrolled_while(condition: Any, body: Any, carry: Any) -> Any:
    while condition(carry):
        carry = body(carry)
    return carry


_PLAIN = {name: one.function for name, one in PRIMITIVES.items()}
OURS = SimpleNamespace(**{**_PLAIN, "scan": scan, "map": map_rows, "cond": cond})
UNROLLED = SimpleNamespace(
    **{
        **_PLAIN,
        "scan": _unrolled_scan,
        "map": _unrolled_map,
        "cond": _unrolled_cond,
        "while_loop": _unrolled_while,
    }
)
"""The functions of this package, with loops and branches of Python's in place of its own."""
OURS.while_loop = while_loop
