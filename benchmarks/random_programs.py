"""Random programs: whether correct gradients are ever called wrong, and whether ours agree.

`python -m benchmarks.random_programs [--alarms 20000] [--agreement 10000] [--seed 0]` draws
programs of Values and of Tensors from the table of primitives. Their gradients are correct as far
as anyone knows, so that each `GradientMismatch` is a false alarm or a mistake; and they are
compared with those of HIPS autograd where it has the operations. What differs is shrunk and shown.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, seed, settings

from autograd_lite import Primitive, Tensor, Value, gradients
from autograd_lite.testing import Program, check_gradient, programs
from autograd_lite.testing.subject import weights
from benchmarks.peers import is_installed, load, versions


@dataclass
class Count:
    """What a run has seen."""

    programs: int = 0
    sources: set[str] = field(default_factory=set)
    steps: Counter[int] = field(default_factory=Counter)
    elements: int = 0
    kinks: int = 0
    unclear: set[tuple[str, ...]] = field(default_factory=set)
    """The operations of programs with elements that are too inaccurate to tell: where all cancels,
    all are, and Hypothesis likes to draw such a program again with other numbers."""
    compared: int = 0
    missing: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    worst: float = 0.0

    def enter(self, program: Program) -> None:
        self.programs += 1
        self.sources.add(program.source())
        self.steps[len(program.steps)] += 1

    def __str__(self) -> str:
        mean = sum(n * k for n, k in self.steps.items()) / max(1, self.programs)
        return (
            f"{self.programs:,} programs ({len(self.sources):,} different ones) of {mean:.1f} "
            f"steps on average, at most {max(self.steps, default=0)}"
        )


def run(count: int, start: int, check: Callable[[Program, Count], None]) -> Count:
    """Draw so many programs, and check each; the first that fails is shrunk and raised."""
    seen = Count()

    @seed(start)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(programs())
    def test(program: Program) -> None:
        seen.enter(program)
        check(program, seen)

    test()
    return seen


# ---------------------------------------------------------------- false alarms


def no_alarm(program: Program, seen: Count) -> None:
    """The check of a correct gradient passes, at the first and the second order."""
    report = check_gradient(program, *program.inputs.values(), order=2)
    for part in (report, report.second):
        assert part is not None
        seen.elements += sum(part.elements.values())
        seen.kinks += len(part.kinks)
        if part.unclear:
            seen.unclear.add(tuple(program.primitives))


# ---------------------------------------------------------------- another engine


class Missing(Exception):
    """The other engine has no such operation."""


def hips(primitive: Primitive) -> Callable[..., Any]:
    """The operation in HIPS autograd."""
    anp, special = load("HIPS autograd", ".numpy"), load("HIPS autograd", ".scipy.special")
    own: dict[str, Callable[..., Any]] = {
        "positive": lambda x: 1.0 * x,
        "relu": lambda x: anp.maximum(x, 0.0),
        "sigmoid": special.expit,
        "softplus": lambda x: anp.logaddexp(x, 0.0),
        "step": lambda x: anp.where(x > 0, 1.0, 0.0),
        "equal": lambda x, y: anp.where(x == y, 1.0, 0.0),
        "erf": special.erf,
        "logsumexp": special.logsumexp,
        "softmax": lambda x, axis=-1: anp.exp(x - special.logsumexp(x, axis, keepdims=True)),
        "log_softmax": lambda x, axis=-1: x - special.logsumexp(x, axis, keepdims=True),
        "getitem": lambda x, index: x[index],
        "astype": lambda x, dtype: 1.0 * x,
        "reshape": lambda x, shape: anp.reshape(x, shape),
        "vdot": lambda x, y: anp.sum(x * y),
        "affine": lambda x, W, b: anp.matmul(x, W) + b,
        "concatenate": lambda *xs, axis=0: anp.concatenate(xs, axis),
        "stack": lambda *xs, axis=0: anp.stack(xs, axis),
        "var": _without_mean(anp.var),
        "std": _without_mean(anp.std),
    }
    if primitive.name in own:
        return own[primitive.name]
    for function in primitive.numpy:
        if hasattr(anp, function.__name__):
            return getattr(anp, function.__name__)  # type: ignore
    raise Missing(primitive.name)


def _without_mean(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, where it is not given a mean: the rule of HIPS autograd takes its own."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("mean") is not None:
            raise Missing(f"{function.__name__} with a mean that is given")
        return function(*args, **kwargs)

    return call


def hips_gradients(program: Program, inputs: Sequence[Any], shape: tuple[int, ...]) -> list[Any]:
    """The gradients of Σ weights·result, of that shape, by HIPS autograd."""
    anp, engine = load("HIPS autograd", ".numpy"), load("HIPS autograd")

    def total(*xs: Any) -> Any:
        y = program.run(xs, hips)
        if np.shape(y) != shape:
            raise ValueError(f"a result of shape {np.shape(y)} in place of {shape}")
        return anp.sum(y * weights(np.shape(y)))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the output does not depend on an input
        return list(engine.grad(total, tuple(range(len(inputs))))(*inputs))


def our_gradients(program: Program, inputs: Sequence[Any]) -> list[Any]:
    """The same by ours."""
    xs = [Value(x) if isinstance(x, float) else Tensor(x) for x in inputs]
    y = program(*xs)
    if not isinstance(y, Value | Tensor):
        return [0.0 * x for x in inputs]
    return gradients(y, xs, weights(y.shape))


def agrees(program: Program, seen: Count) -> None:
    """Our gradient, that of HIPS autograd, and numerical differentiation are the same."""
    inputs = list(program.inputs.values())
    check_gradient(program, *inputs)
    try:
        theirs = hips_gradients(program, inputs, np.shape(program(*inputs)))
    except Missing as error:
        seen.missing[str(error)] += 1
        return
    except Exception as error:  # whatever it raises, it has no gradient
        seen.refused[f"{type(error).__name__}: {error}".splitlines()[0]] += 1
        return
    if not all(np.isfinite(g).all() for g in theirs):  # as of a product with zeros; ours is checked
        seen.refused["it gives nan or inf"] += 1
        return
    ours = our_gradients(program, inputs)
    seen.compared += 1
    scale = max(1.0, *(float(np.max(np.abs(g), initial=0.0)) for g in theirs))
    for a, b in zip(ours, theirs, strict=True):
        seen.worst = max(seen.worst, float(np.max(np.abs(a - b), initial=0.0)) / scale)
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10 * scale)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and print what was seen."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.random_programs")
    parser.add_argument("--alarms", type=int, default=20_000, help="programs to check")
    parser.add_argument("--agreement", type=int, default=10_000, help="programs to compare")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    print(versions())
    with np.errstate(all="ignore"):
        start = time.perf_counter()
        seen = run(options.alarms, options.seed, no_alarm)
        print(f"\nno false alarm, first and second order: {seen}, {seen.elements:,} elements;")
        print(
            f"{seen.kinks} at kinks, {len(seen.unclear)} programs too inaccurate to tell; "
            f"{_since(start)}"
        )
        if is_installed("HIPS autograd"):
            start = time.perf_counter()
            seen = run(options.agreement, options.seed + 1, agrees)
            print(f"\nagreement with numerical differentiation: {seen};")
            print(
                f"{seen.compared:,} of them with HIPS autograd, worst difference 1e"
                f"{math.ceil(math.log10(seen.worst or 1e-300))} of the largest; {_since(start)}"
            )
            print("not there in HIPS autograd:", dict(seen.missing))
            print("HIPS autograd raised:", *seen.refused.items(), sep="\n  ")
    return 0


def _since(start: float) -> str:
    return f"{time.perf_counter() - start:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
