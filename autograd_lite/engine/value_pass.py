"""The reverse pass over graphs of Values alone, which hold their local derivatives as floats: it
multiplies and adds, and keeps its counts in the nodes. To be called under the lock of `reverse`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value


def propagate_values(output: Value, gradient: float) -> list[Value] | None:
    """Leave ∂output/∂v in `v._flow` for every Value v below the output, and list them, each
    after its uses; None if there is a Tensor among them."""
    below = [output]
    try:
        _count_uses_of_values(below)
        output._flow = gradient
        nodes = [output]
        push = nodes.append
        for v in nodes:
            flow = v._flow
            da = v._da
            if da is not None:
                a = v._a
                if flow and da:  # 0·inf is 0: see `times`
                    a._flow += flow * da
                n = a._uses - 1
                a._uses = n
                if not n:
                    push(a)
            db = v._db
            if db is not None:
                b = v._b
                if flow and db:
                    b._flow += flow * db
                n = b._uses - 1
                b._uses = n
                if not n:
                    push(b)
        return nodes
    except BaseException:  # even one from outside: the counts must be 0 for the next pass
        if _is_of_values(below):
            raise
        return None


def _count_uses_of_values(below: list[Value]) -> None:
    """Add all Values below the first to the list, with their `_uses` counted and `_flow` 0.
    A Tensor raises AttributeError."""
    push = below.append
    for v in below:
        v._flow = 0.0
        if v._da is not None:
            a = v._a
            n = a._uses
            a._uses = n + 1
            if not n:
                push(a)
        if v._db is not None:
            b = v._b
            n = b._uses
            b._uses = n + 1
            if not n:
                push(b)


def propagate_values_to(
    output: Value, gradient: float, oldest: int, ends: Collection[Any]
) -> tuple[list[Value] | None, bool]:
    """As `propagate_values`, but not below the ends nor what is older than `oldest`; and whether
    there is anything as old as that."""
    below = [output]
    older = False
    try:
        for v in below:
            v._flow = 0.0
            for x, _ in () if v in ends else _ways(v):
                if x._epoch < oldest:
                    older = True
                    continue
                n = x._uses
                x._uses = n + 1
                if not n:
                    below.append(x)
        output._flow = gradient
        nodes = [output]
        for v in nodes:
            flow = v._flow
            if v in ends:
                continue
            for x, d in _ways(v):
                if x._epoch < oldest:
                    continue
                if flow and d:
                    x._flow += flow * d
                n = x._uses - 1
                x._uses = n
                if not n:
                    nodes.append(x)
        return nodes, older
    except BaseException:
        if _is_of_values(below):
            raise
        return None, older


def _is_of_values(below: list[Value]) -> bool:
    """Whether what went wrong in a pass was no Tensor; sets the counts back to 0."""
    for v in below:
        v._uses = 0
    return not any(x.__class__ is Tensor for v in below for x, _ in _ways(v))


def _ways(v: Value) -> tuple[tuple[Any, float], ...]:
    """What a Value holds a derivative by, with the derivatives."""
    if v._db is None:
        return () if v._da is None else ((v._a, v._da),)
    return ((v._b, v._db),) if v._da is None else ((v._a, v._da), (v._b, v._db))
