"""Random programs of loops and branches: whether every way to run one gives the same.

`python -m benchmarks.loop_programs [--count 10000] [--seed 0]` draws programs with scans, maps,
conds and while loops in each other, and takes the value or a derivative of each: by the engine, by
the engine with Python's own loops in place of these, and compiled by every back end; at the point
that was drawn, once more in the same buffers, and where there are nan, inf, signed zeros and
denormals. What differs is made shorter and shown.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import math
import random
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import autograd_lite as al
from autograd_lite.testing.loop_program import UNROLLED, LoopProgram
from autograd_lite.testing.loop_programs import random_loop_program
from autograd_lite.transforms.trees import leaves_of

EDGES = (
    0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 1e-310, 1e-40, 1e308, -1e308, 1e30,
    1.0, 37.5, -746.0,
)  # fmt: skip
ULPS = 1e-9
"""How far machine code may be from the engine, as a part: programs have some hundred operations,
of 2 units in the last place each, and grow what comes in by some ten thousand at most."""

Function = Callable[[Sequence[Any], Sequence[Any]], Any]
"""Of the inputs of a program and directions."""


# ---------------------------------------------------------------- what is computed


def weighted(results: Any) -> Any:
    """A number that depends on all of a nest, on each element differently."""
    z: Any = 0.0
    for i, x in enumerate(leaves_of(results)):
        shape = np.shape(x)
        z = z + (al.sum(x * _weights(shape, x.dtype)) if shape else x * (0.7 + i))
    return z


def _weights(shape: tuple[int, ...], dtype: Any) -> Any:
    return (np.arange(math.prod(shape)).reshape(shape) * 0.25 + 0.5).astype(dtype)


def tasks(program: LoopProgram, functions: Any = None) -> dict[str, Function]:
    """The value and the derivatives of a program, each as a function."""

    def run(xs: Sequence[Any]) -> Any:
        return program.run(xs, functions)

    slope = al.grad(lambda xs: weighted(run(xs)))
    return {
        "value": lambda xs, ts: run(xs),
        "grad": lambda xs, ts: al.value_and_grad(lambda xs: weighted(run(xs)))(xs),
        "jvp": lambda xs, ts: al.jvp(run, (xs,), (ts,)),
        "grad of grad": lambda xs, ts: al.grad(lambda xs: weighted(slope(xs)))(xs),
        "jvp of grad": lambda xs, ts: al.jvp(slope, (xs,), (ts,)),
        "vmap": lambda xs, ts: al.vmap(run, _axes(xs))(xs),
        "vmap of grad": lambda xs, ts: al.vmap(slope, _axes(xs))(xs),
    }


TASKS = tuple(tasks(LoopProgram({}, ())))


def _axes(xs: Sequence[Any]) -> Any:
    return ([0 if np.ndim(x) else None for x in xs],)


def points(program: LoopProgram, task: str, rng: random.Random) -> Iterator[tuple[Any, Any]]:
    """Inputs and directions: as drawn, the same again, and twice with numbers of all sorts."""
    xs = list(program.inputs.values())
    for one in (xs, xs, _wild(xs, rng), _wild(xs, rng)):
        ts = [_weights(np.shape(x), x.dtype) if np.shape(x) else 0.7 for x in one]
        yield _batch(one) if task.startswith("vmap") else one, ts


def _wild(xs: Sequence[Any], rng: random.Random) -> list[Any]:
    found: list[Any] = []
    for x in xs:
        y = x
        if isinstance(x, np.ndarray):
            y = x.copy()
            for _ in range(rng.choice([0, 1, 1, 3]) if y.size else 0):
                y.flat[rng.randrange(y.size)] = rng.choice(EDGES)
        elif rng.random() < 0.5:
            y = rng.choice(EDGES)
        found.append(y)
    return found


def _batch(xs: Sequence[Any]) -> list[Any]:
    """Three examples of each array; of numbers, if there is none."""
    if not any(isinstance(x, np.ndarray) for x in xs):
        xs = [np.float64(x) for x in xs]
    return [
        np.stack([x, x * 1.1, x - 0.2]).astype(x.dtype) if hasattr(x, "dtype") else x for x in xs
    ]


# ---------------------------------------------------------------- what is compared


def bits(x: Any) -> list[Any]:
    """The numbers of a nest, by which 0.0 and −0.0 differ, and every nan is the same."""
    found = []
    for leaf in leaves_of(x):
        array = np.array(leaf)
        if array.dtype.kind == "f":
            array[np.isnan(array)] = np.nan
        found.append((array.shape, array.dtype.str, array.tobytes()))
    return found


def near(ours: Any, theirs: Any, part: float) -> bool:
    """Whether two nests are alike: shapes, dtypes, and numbers but for rounding."""
    for x, y in zip(
        map(np.asarray, leaves_of(ours)), map(np.asarray, leaves_of(theirs)), strict=True
    ):
        if x.shape != y.shape or x.dtype != y.dtype:
            return False
        eps = part if x.dtype == np.float64 else max(part, 2e-3)
        if not np.allclose(x, y, rtol=eps, atol=eps, equal_nan=True):
            return False
    return True


def differences(
    program: LoopProgram, task: str, backends: Sequence[str], rng: random.Random
) -> list[tuple[str, str]]:
    """What is wrong with a program: who differs from the engine, and how."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nan, inf, and outputs that are no variables
        return _differences(program, task, backends, rng)


def _differences(
    program: LoopProgram, task: str, backends: Sequence[str], rng: random.Random
) -> list[tuple[str, str]]:
    f = tasks(program)[task]
    where = list(points(program, task, rng))
    expected: list[Any] = []
    try:
        for point in where:
            expected.append(_of_numbers(f, point))
    except (TypeError, ValueError, IndexError, KeyError) as error:
        if task.startswith("vmap") and "dtype" in str(error):
            return []  # a number for each example is an array, beside which float32 does not stay
        return [("engine raises", f"{type(error).__name__}: {error}")]
    wrong = []
    if _can_be_unrolled(program, task):
        found = _of_numbers(tasks(program, UNROLLED)[task], where[0])
        if expected[0] is not None and found is not None and not near(expected[0], found, 1e-7):
            wrong.append(("Python's loops", f"{found}\nthe engine: {expected[0]}"))
    for backend in backends:
        compiled = al.compile(f, backend=backend)
        for point, one in zip(where, expected, strict=True):
            how = None if one is None else _differs(compiled, point, one, backend)
            if how is not None:
                wrong.append((backend, how))
                break
    return wrong


def _of_numbers(f: Function, point: tuple[Any, Any]) -> Any:
    """What a function gives; None where Python raises, as for 1 / 0."""
    try:
        return f(*point)
    except ArithmeticError:
        return None
    except ValueError as error:
        if "math" in str(error) or "positive" in str(error):
            return None
        raise


def _can_be_unrolled(program: LoopProgram, task: str) -> bool:
    """Whether Python can branch on the numbers: not on those of a batch, nor in a loop of no step,
    which is left as it is."""
    branches = any(word in program.source() for word in ("al.cond", "al.while_loop"))
    empty = "length=0" in program.source() or any(not np.size(x) for x in program.inputs.values())
    return not branches or not (empty or task.startswith("vmap"))


def _differs(compiled: Any, point: Any, expected: Any, backend: str) -> str | None:
    try:
        found = compiled(*point)
    except TypeError as error:
        return None if "cannot hold this" in str(error) else f"TypeError: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if bits(found) == bits(expected):
        return None
    if backend == "native" and near(found, expected, ULPS):
        return None
    return f"at {point}\n{found}\nthe engine: {expected}"


# ---------------------------------------------------------------- making it shorter


def shortened(program: LoopProgram, fails: Callable[[LoopProgram], bool]) -> LoopProgram:
    """A shorter program that fails as well."""
    while True:
        for one in _shorter(program):
            try:
                one.check()
            except SyntaxError:
                continue
            if fails(one):
                program = one
                break
        else:
            return program


def _shorter(program: LoopProgram) -> Iterator[LoopProgram]:
    lines, inputs = list(program.lines), dict(program.inputs)
    size = len(lines) // 2
    while size:
        for i in range(len(lines) - size):
            yield LoopProgram(inputs, (*lines[:i], *lines[i + size :]))
        size = size // 2 if size > 8 else size - 1
    results = re.findall(r"\w+", lines[-1])[1:]
    if len(results) > 1:
        yield from (LoopProgram(inputs, (*lines[:-1], f"return ({x},)")) for x in results)
    for i, line in enumerate(lines[:-1]):
        head, _, expression = (
            line.rpartition(" = ") if " = " in line else line.rpartition("return ")
        )
        link = " = " if " = " in line else "return "
        if "," in head or line.lstrip().startswith("def ") or "_loop(" in line:
            continue
        for x in dict.fromkeys(re.findall(r"(?<![.\w])[a-z]\d+\b", expression)):
            if x != expression:
                yield LoopProgram(inputs, (*lines[:i], f"{head}{link}{x}", *lines[i + 1 :]))
    for name in inputs:
        if not re.search(rf"\b{name}\b", "\n".join(lines)) and len(inputs) > 1:
            yield LoopProgram({k: x for k, x in inputs.items() if k != name}, tuple(lines))


# ---------------------------------------------------------------- the command


def of_seed(seed: int, backends: Sequence[str]) -> tuple[LoopProgram, str, list[tuple[str, str]]]:
    """A program, what is computed of it, and what is wrong with that."""
    task = random.Random(f"task {seed}").choice(TASKS)
    program = random_loop_program(seed)
    return program, task, differences(program, task, backends, random.Random(seed))


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, compare, and print what differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loop_programs", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="the first of so many seeds")
    options = parser.parse_args(arguments)
    backends = ["python", "numpy"]
    backends += ["native"] if importlib.util.find_spec("llvmlite") else []
    start, seen, failed = time.perf_counter(), Counter[str](), 0
    for seed in range(options.seed, options.seed + options.count):
        program, task, wrong = of_seed(seed, backends)
        seen[task] += 1
        if wrong:
            failed += 1
            print(f"\nseed {seed}, {task}: {wrong[0][0]}\n{wrong[0][1]}", flush=True)
            fails = functools.partial(_fails_so, task, wrong[0][0], seed, backends)
            print(shortened(program, fails), flush=True)
    print(f"\n{options.count:,} programs from seed {options.seed} on ({dict(seen)}), {failed} with "
          f"a difference; {time.perf_counter() - start:.0f} s, {', '.join(backends)}")  # fmt: skip
    return 1 if failed else 0


def _fails_so(
    task: str, who: str, seed: int, backends: Sequence[str], program: LoopProgram
) -> bool:
    """Whether a program can be run, and the same one differs."""
    try:
        program(*program.inputs.values())
        found = differences(program, task, backends, random.Random(seed))
    except Exception:
        return False
    return any(one == who for one, _ in found)


if __name__ == "__main__":
    sys.exit(main())
