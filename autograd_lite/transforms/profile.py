"""What a gradient costs, operation by operation: `profile`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.observing import Call, Observer, observed, quoted, users_line
from autograd_lite.engine.primitive import Primitive
from autograd_lite.engine.variable import Variable
from autograd_lite.transforms.gradient import value_and_grad


@dataclass
class Row:
    """What one operation, in one line of the user's code, cost."""

    operation: str
    line: tuple[str, int] | None
    """The file and the number of the line."""
    calls: int = 0
    forward: float = 0.0
    """Seconds for the values, with their recording."""
    backward: float = 0.0
    """Seconds for the pullbacks."""
    nbytes: int = 0
    """Bytes of the results, which the graph holds until it is freed."""


@dataclass
class Profile:
    """What `profile(f)(…)` found: print it."""

    value: Any
    gradient: Any
    seconds: float
    """Of the whole, with the profiling itself."""
    rows: list[Row] = field(default_factory=list)
    """The most expensive first."""

    @property
    def nbytes(self) -> int:
        """Bytes of all results together."""
        return sum(row.nbytes for row in self.rows)

    def __str__(self) -> str:
        head = f"{'operation':<18}{'calls':>7}{'forward':>12}{'backward':>12}{'bytes':>12}  line"
        lines = [head]
        for row in self.rows:
            lines.append(
                f"{row.operation:<18}{row.calls:>7}{row.forward * 1e3:>9.3f} ms"
                f"{row.backward * 1e3:>9.3f} ms{_bytes(row.nbytes):>12}  {quoted(row.line)}"
            )
        forward, backward = (sum(getattr(r, n) for r in self.rows) for n in ("forward", "backward"))
        calls = sum(row.calls for row in self.rows)
        lines.append(
            f"{'together':<18}{calls:>7}{forward * 1e3:>9.3f} ms{backward * 1e3:>9.3f} ms"
            f"{_bytes(self.nbytes):>12}  {self.seconds * 1e3:.3f} ms with all that is around"
        )
        return "\n".join(lines)


def profile(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Profile]:
    """The function that computes f and its gradient once and says what each operation cost.

    Args:
        f: as for `grad`; it returns one number.
        argnums: which positional argument to differentiate by.

    Returns:
        A function of the same arguments that returns a `Profile`: a row for each operation in each
        line of code, with the time of its values and of its gradients and the bytes of its
        results, the most expensive first; and the value and the gradient.

    >>> import numpy as np
    >>> p = profile(lambda x: np.sum(np.tanh(x) * x))(np.ones(1000))
    >>> sorted(row.operation for row in p.rows)
    ['multiply', 'sum', 'tanh']
    >>> p.nbytes
    16008
    """
    differentiated = value_and_grad(f, argnums)

    def run(*args: Any, **kwargs: Any) -> Profile:
        clock = _Clock()
        start = time.perf_counter()
        with observed(clock):
            value, gradient = differentiated(*args, **kwargs)
        seconds = time.perf_counter() - start
        rows = sorted(clock.rows.values(), key=lambda r: r.forward + r.backward, reverse=True)
        return Profile(value, gradient, seconds, rows)

    return run


class _Clock(Observer):
    """Measures each operation."""

    def __init__(self) -> None:
        self.rows: dict[Any, Row] = {}

    def _row(self, name: str, line: tuple[str, int] | None) -> Row:
        return self.rows.setdefault((name, line), Row(name, line))

    def forward(self, primitive: Primitive, operands: Sequence[Any], call: Call) -> Any:
        start = time.perf_counter()
        result = call()
        seconds = time.perf_counter() - start
        line = users_line()
        row = self._row(primitive.name, line)
        row.calls += 1
        row.forward += seconds
        for z in result if isinstance(result, tuple) else (result,):
            row.nbytes += _held(detached(z))
            node = getattr(z, "node", z)
            if isinstance(node, Variable):
                node.set_note("line", line)
        return result

    def backward(self, node: Any, index: int, g: Any, call: Call) -> Any:
        start = time.perf_counter()
        part = call()
        row = self._row(node.primitive.name, node.note("line"))
        row.backward += time.perf_counter() - start
        return part


def _held(data: Any) -> int:
    """The bytes of a result that are its own: a view has none."""
    if isinstance(data, np.ndarray):
        return 0 if data.base is not None else data.nbytes
    return data.nbytes if isinstance(data, np.generic) else 8


def _bytes(count: int) -> str:
    """Bytes as people read them."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError
