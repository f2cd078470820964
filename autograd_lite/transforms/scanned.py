"""How `loops.scan` makes a program of a step, and runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.apply import refuse_other_arithmetic
from autograd_lite.engine.chain import detached
from autograd_lite.engine.recording import as_value
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import is_variable
from autograd_lite.program.closures import Closure, example_of, traced_closure
from autograd_lite.program.instructions import Variable
from autograd_lite.program.loops import Loop
from autograd_lite.program.subprograms import Subprogram, fitting, kind_of
from autograd_lite.program.traced import TracedArray
from autograd_lite.transforms.calls import as_one
from autograd_lite.transforms.trees import leaves_of, map_leaves, with_leaves

Step = Callable[[Any, Any], tuple[Any, Any]]


def scanned(
    step: Step, carry: Any, xs: Any, length: int | None, checkpoint: int | None
) -> tuple[Any, Any]:
    """What `loops.scan` gives."""
    xs = map_leaves(lambda x, where: as_one(x), xs)
    n = length_of("scan", xs, length)
    carry = map_leaves(lambda x, where: as_carried("scan", "carry", x, where), carry)
    if checkpoint is not None:
        return _in_pieces(step, carry, xs, n, checkpoint)
    return _scanned(step, carry, xs, n)


def _scanned(step: Step, carry: Any, xs: Any, n: int) -> tuple[Any, Any]:
    one = Body("scan", step, carry, xs, n)
    operands = [*leaves_of(carry), *leaves_of(xs), *one.closed]
    loop = Loop(Subprogram(one.program), len(leaves_of(carry)), len(leaves_of(xs)), n)
    if modes.is_recording() and any(map(is_variable, operands)):
        loop = loop.keeping()
    found = loop(operands)
    kinds = loop.inputs[: loop.carries]
    last = [in_form(z, v) for z, v in zip(found, kinds, strict=False)]
    rows = found[loop.carries : len(found) - loop.carries * loop.keeps]
    return with_leaves(carry, last), with_leaves(one.kept, rows)


def in_form(z: Any, kind: Variable) -> Any:
    """A result as a number of Python's, or a Value, if it is one."""
    if not kind.is_number:
        return z
    if is_variable(z):
        return z if isinstance(detached(z), StandIn) else as_value(z)
    return z


# ---------------------------------------------------------------- what is given


def as_carried(name: str, what: str, leaf: Any, where: str) -> Any:
    """A number, array, variable or stand-in that a function is given."""
    refuse_other_arithmetic(f"{name}: {what}{where}", leaf)
    if is_variable(leaf):
        return leaf.node
    leaf = as_one(leaf)
    if isinstance(leaf, int):
        return np.bool_(leaf) if isinstance(leaf, bool) else float(leaf)
    if isinstance(leaf, np.ndarray | np.generic | StandIn) and leaf.dtype.kind in "fciub":
        return leaf
    if is_variable(leaf) or isinstance(leaf, float | complex):
        return leaf
    raise TypeError(
        f"{name}: {what}{where} is of type {type(leaf).__name__}; numbers, arrays and nested "
        "dicts, lists and tuples of them are needed"
    )


def length_of(name: str, xs: Any, length: int | None) -> int:
    """The length of the first axes of xs, which must be the same."""
    lengths: dict[str, int] = {}

    def note(leaf: Any, where: str) -> None:
        shape = getattr(leaf, "shape", ())
        if not shape:
            raise ValueError(
                f"{name}: xs{where} is {type(leaf).__name__} without axes; of each of xs there "
                "must be a row for each step: give an array"
            )
        lengths[f"xs{where}"] = shape[0]

    map_leaves(note, xs)
    if length is not None:
        lengths["length"] = length
    if not lengths:
        raise ValueError(f"{name}: give xs, or length=…, the number of steps")
    if len(set(lengths.values())) > 1:
        each = ", ".join(f"{where} {n}" for where, n in lengths.items())
        raise ValueError(f"{name}: the numbers of steps differ: {each}")
    return next(iter(lengths.values()))


# ---------------------------------------------------------------- the body


class Body:
    """The program of a step."""

    def __init__(self, name: str, step: Step, carry: Any, xs: Any, n: int) -> None:
        self._name = name
        self._step = step
        self._carry = carry
        self._xs = xs
        self.kept: Any = None
        """The structure of what a step returns beside the carry."""
        examples = [example_of(x) for x in leaves_of(carry)]
        of_numbers = bool(examples) and all(x.__class__ is float for x in examples)
        rows = [row_of(example_of(x), n, of_numbers) for x in leaves_of(xs)]
        for _ in range(len(examples) + 1):
            found = self._traced([*examples, *rows], len(examples))
            outputs = found.program.outputs
            changed = False
            for i, (x, z) in enumerate(zip(examples, outputs, strict=False)):
                kind = kind_of(z)
                if x.__class__ is float and not kind.is_number and not kind.shape:
                    examples[i] = kind.dtype.type(x)  # as after the first step
                    changed = True
            if not changed:
                break
        for x, z, where in zip(examples, outputs, places_of(carry), strict=False):
            _check_same(name, Variable(x), kind_of(z), where)
        self.closed = found.closed
        self.program = found.program

    def _traced(self, examples: list[Any], carries: int) -> Closure:
        names = [*names_of("carry", self._carry), *names_of("x", self._xs)]
        kinds = [Variable(x) for x in examples[:carries]]

        def function(inputs: list[TracedArray]) -> list[Any]:
            given = [as_step_sees(x) for x in inputs]
            carry = with_leaves(self._carry, given[:carries])
            x = with_leaves(self._xs, given[carries:])
            after, kept = self._pair(self._step(carry, x))
            results = self._results(after, kept)
            for i, kind in enumerate(kinds):
                results[i] = _if_it_fits(results[i], kind)
            return results

        return traced_closure(function, examples, names)

    def _pair(self, result: Any) -> tuple[Any, Any]:
        if not isinstance(result, tuple) or len(result) != 2:
            raise TypeError(
                f"{self._name}: step must return a pair, the next carry and what is kept of this "
                f"step (or None); it returned {type(result).__name__}"
            )
        return result

    def _results(self, after: Any, kept: Any) -> list[Any]:
        """The leaves of what step returned."""
        before, now = places_of(self._carry), places_of(after)
        if before != now:
            wrong = [x for x in before if x not in now] or [x for x in now if x not in before]
            what = "is missing" if wrong and wrong[0] in before else "is new"
            raise TypeError(
                f"{self._name}: step must return a carry of the structure that it was given: "
                f"carry{wrong[0] if wrong else ''} {what if wrong else 'differs'}"
            )
        self.kept = form_of(kept)
        return [leaf_of(self._name, x, where) for x, where in _leaves_with_places(after, kept)]


def form_of(tree: Any) -> Any:
    """The structure of a nest."""
    return map_leaves(lambda x, where: 0, tree)


def _leaves_with_places(after: Any, kept: Any) -> list[tuple[Any, str]]:
    found: list[tuple[Any, str]] = []
    for tree, name in ((after, "the carry"), (kept, "what is kept")):
        map_leaves(lambda x, where, name=name: found.append((x, name + where)), tree)  # type: ignore[misc]
    return found


def leaf_of(name: str, x: Any, where: str) -> Any:
    """A number, array or variable that a function returned."""
    x = as_one(x)
    if is_variable(x) or isinstance(x, StandIn | float | int | complex | np.generic | np.ndarray):
        return x
    raise TypeError(
        f"{name}: step returned {type(x).__name__} in {where}; numbers and arrays are needed"
    )


def places_of(tree: Any) -> list[str]:
    """Where the leaves of a nest stand."""
    found: list[str] = []
    map_leaves(lambda leaf, where: found.append(where), tree)
    return found


def names_of(name: str, tree: Any) -> list[str]:
    """What the inputs of the body are called."""
    found = []
    for where in places_of(tree):
        cleaned = "".join(c if c.isalnum() else "_" for c in where).strip("_")
        key = cleaned.replace("__", "_")
        found.append(key if key and not key[0].isdigit() else f"{name}{key}")
    return found


def row_of(example: Any, n: int, as_number: bool = False) -> Any:
    """An example of a row: of what is to be computed in Python's numbers, one of these."""
    row = example[0] if n else np.zeros(example.shape[1:], example.dtype)[()]
    return row.item() if as_number and row.__class__ is np.float64 else row


def as_step_sees(x: TracedArray) -> Any:
    """A stand-in as a variable, which can be written into; whole numbers as they are."""
    return Tensor(x) if x.dtype.kind in "fc" else x


def _if_it_fits(x: Any, kind: Variable) -> Any:
    """A number in the form in which it is carried on."""
    plain = detached(x)
    is_number = getattr(plain, "is_number", plain.__class__ in (float, int))
    if is_number and not kind.shape and kind.dtype.kind in "fc":
        return fitting(float(x) if x.__class__ is int else x, kind)
    return x


def _check_same(name: str, before: Variable, after: Variable, where: str) -> None:
    """Whether a step gives what it is given."""
    if after.shape != before.shape:
        raise ValueError(
            f"{name}: step returns carry{where} of shape {after.shape}, and was given one of shape "
            f"{before.shape}: each step must give what the next one takes"
        )
    if after.dtype != before.dtype:
        raise TypeError(
            f"{name}: step returns carry{where} of dtype {after.dtype}, and was given "
            f"{before.dtype}: each step must give what the next one takes; start with that dtype, "
            "or use astype"
        )


# ---------------------------------------------------------------- checkpoints


def _in_pieces(step: Step, carry: Any, xs: Any, n: int, size: int) -> tuple[Any, Any]:
    """A scan over scans of `size` steps each, and one over what is left."""
    if not isinstance(size, int) or size < 1:
        raise ValueError(f"scan: checkpoint must be a whole number from 1 on, not {size!r}")
    pieces, whole = n // size, n // size * size

    def cut(x: Any, where: str) -> Any:
        return x[:whole].reshape((pieces, size, *x.shape[1:]))

    def piece(carry: Any, rows: Any) -> tuple[Any, Any]:
        return _scanned(step, carry, rows, size)

    carry, ys = _scanned(piece, carry, map_leaves(cut, xs), pieces)
    ys = map_leaves(lambda y, where: y.reshape((whole, *y.shape[2:])), ys)
    if whole == n:
        return carry, ys
    carry, rest = _scanned(step, carry, map_leaves(lambda x, where: x[whole:], xs), n - whole)
    pairs: Sequence[Any] = list(zip(leaves_of(ys), leaves_of(rest), strict=True))
    return carry, with_leaves(ys, [np.concatenate(pair) for pair in pairs])
