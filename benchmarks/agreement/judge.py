"""Whether autograd_lite, NumPy and PyTorch agree on a program; where not, what the difference is.

How it is judged:

- The value of each step is that of NumPy, for the same call on what the operands of this step
  were here: shape and dtype exactly, numbers to a few units in the last place (of what was added
  up, where terms cancel).
- Gradients of the first and second order are those of PyTorch, which computes in float64 from the
  same numbers. They may differ by what rounding can do: `LOOSE` units in the last place of the
  coarsest dtype in the program, of the largest element. If they differ by more, PyTorch computes
  the gradient again, several times, with the result of every operation inside it, forth and back,
  rounded at random by as much; how far these are apart says what the precision allows.
- Where PyTorch has nan and we do not, it multiplied 0 by inf, which is 0 in the chain rule here:
  it computes again with that rule for each elementwise primitive, and must then agree. What is nan
  still (such products within a second derivative of its own) is counted and left.
"""

from __future__ import annotations

import itertools
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd_lite as al
from autograd_lite import Tensor, Value, gradients
from autograd_lite.testing.subject import weights as weights_of
from benchmarks.agreement.oracle import ORACLES, numpy_function
from benchmarks.agreement.program import Program, Step, is_composed, is_elementwise
from benchmarks.agreement.torch_run import TorchRun, rounding

Theirs = Callable[..., Any]
"""PyTorch's gradients, or one of them; options say how it computes (see `TorchRun`)."""

LOOSE = 2000.0
"""How many units in the last place a gradient may be off before it is looked at closely."""


class Difference(Exception):
    """Something that is not as it should be; `about` says what, in few words."""

    def __init__(self, about: str, what: str) -> None:
        super().__init__(f"{about}: {what}")
        self.about = about


@dataclass
class Seen:
    """What a run has seen."""

    programs: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    elements: int = 0
    closely: int = 0
    """Elements that were judged by rounding at random."""
    zeros: int = 0
    """Elements that are nan in PyTorch and not here, where 0·inf is 0."""
    not_nan: int = 0
    """Of these, elements that stay nan in PyTorch with that rule for elementwise primitives."""
    nan: int = 0
    """Elements that are nan here and not in PyTorch, in programs that have nan on the way."""
    refused: int = 0
    """Programs whose reverse pass was refused, since what was given had been overwritten."""

    def __str__(self) -> str:
        return (
            f"{self.programs:,} programs of {self.steps.total() / max(1, self.programs):.1f} steps "
            f"on average, {self.elements:,} elements of gradients;\n"
            f"{self.closely:,} judged by rounding at random; {self.zeros:,} nan in PyTorch by "
            f"0·inf, {self.not_nan:,} of them still nan with our rule;\n"
            f"{self.nan:,} nan here beside nan on the way; {self.refused:,} passes refused after "
            "what was given had been overwritten"
        )


def judge(program: Program, seen: Seen | None = None) -> Difference | None:
    """The first difference, or None if all agree."""
    seen = Seen() if seen is None else seen
    seen.programs += 1
    seen.steps.update(step.primitive.name for step in program.steps)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Trial(program, seen).run()
    except Difference as difference:
        return difference
    return None


def attempt(about: str, f: Any, *args: Any, **kwargs: Any) -> Any:
    """The call; whatever it raises is a difference."""
    try:
        return f(*args, **kwargs)
    except Difference:
        raise
    except Exception as error:
        text = str(error).splitlines()[0] if str(error) else ""
        raise Difference(f"{about}: {type(error).__name__}", text) from error


class Trial:
    """One program, run and compared."""

    def __init__(self, program: Program, seen: Seen) -> None:
        self.program = program
        self.seen = seen
        self.given: dict[Any, Any] = {}
        """What each input (by name) and constant is, as it was built."""
        for name, x in program.inputs.items():
            self.given[name] = x.build()
        for x in program.constants:
            self.given[x] = x.build()
        self.before = {key: np.array(x) for key, x in self.given.items()}
        self.coarsest = float(np.finfo(np.float64).eps)
        self.only_first = False
        """Whether the second derivative is a matter of convention somewhere."""
        self.least = 1e-300
        """What is smaller, in the coarsest dtype, may have become 0."""

    def run(self) -> None:
        """All comparisons, in order."""
        program = self.program
        self.leaves = [
            attempt("leaf", x.variable, self.given[name]) for name, x in program.inputs.items()
        ]
        constants = {x: self.given[x] for x in program.constants}
        self.numbers = [np.array(plain(x)) for x in self.leaves]
        self.results = program.run(self.leaves, constants, self.step)
        self.kept = [np.array(plain(z)) for z in self.results]
        numbers = (*self.numbers, *self.kept)
        self.nan = any(np.isnan(x).any() for x in numbers) or (
            any(ORACLES[step.primitive.name].multiplies for step in program.steps)
            and any(np.isinf(x).any() for x in numbers)
        )
        """Whether nan may come out on the way back."""
        self.largest = max(map(largest, numbers)) ** 2
        """What numbers that cancel may be as large as."""
        self.weights = [weights_of(x.shape, i + 1) for i, x in enumerate(self.leaves)]
        y = self.results[-1]
        self.output_weights = weights_of(y.shape)
        if program.scribble:
            self.overwrite()
        self.differentiate(y)
        if not program.scribble:
            self.check_untouched()

    # ------------------------------------------------------------ forward

    def step(self, step: Step, operands: Sequence[Any]) -> Any:
        """One step, here and by NumPy."""
        about = step.primitive.name
        z = attempt(f"{about} raised", step.call, operands)
        is_value = is_elementwise(step.primitive) and all(
            np.ndim(x) == 0 and not isinstance(x, Tensor) for x in operands
        )
        values = [np.float64(plain(x)) if is_value else plain(x) for x in operands]
        expected = numpy_function(step.primitive)(*values, *step.args, **dict(step.kwargs))
        kinds = (Value, Tensor) if is_composed(step.primitive) else (Value if is_value else Tensor,)
        if z.__class__ not in kinds:
            raise Difference(f"{about}: kind", f"a {type(z).__name__}")
        expected = np.asarray(expected)
        if z.shape != expected.shape:
            raise Difference(f"{about}: shape", f"{z.shape}, not {expected.shape}")
        data = np.asarray(plain(z))
        if native(data.dtype) != native(expected.dtype):
            raise Difference(f"{about}: dtype", f"{data.dtype}, not {expected.dtype}")
        for x in (data, *(v for v in operands if isinstance(v, Tensor))):
            self.coarsest = max(self.coarsest, float(np.finfo(x.dtype).eps))
            self.least = max(self.least, 1e3 * float(np.finfo(x.dtype).tiny))
        only_first = ORACLES[about].only_first
        if only_first is not None and isinstance(step.operands[-1], str):
            self.only_first |= bool(only_first(*values))
        if not same_value(step, values, data, expected):
            raise Difference(f"{about}: value", f"{data.tolist()}, not {expected.tolist()}")
        return z

    def overwrite(self) -> None:
        """Write over everything that was given and can be written to."""
        for x in self.given.values():
            if isinstance(x, np.ndarray) and x.flags.writeable:
                x[...] = 1
            elif isinstance(x, list):
                x.clear()

    def check_untouched(self) -> None:
        """Whatever was given is as it was."""
        for key, x in self.given.items():
            if not np.array_equal(
                x, self.before[key], equal_nan=self.before[key].dtype.kind == "f"
            ):
                raise Difference("given changed", str(key))

    # ------------------------------------------------------------ derivatives

    def differentiate(self, y: Any) -> None:
        """Both orders, and what `backward` leaves."""
        first = self.gradients("gradients", y, self.leaves, self.output_weights)
        if first is None:
            return
        inputs = [*self.program.inputs]
        run = attempt("oracle", self.torch_run)
        both = self.torch(run)

        def theirs(order: int) -> Theirs:
            return lambda **options: (self.torch(**options) if options else both)[order]

        expected = self.compare("first order", first, theirs(0), inputs)
        self.check_asked(y, run)
        self.check_backward(y, first)
        nested = self.program.nested and not self.program.scribble
        again = self.nested() if nested else self.recorded(y, first)
        self.nan |= not all(np.isfinite(g).all() for g in expected)
        if again is not None and not self.only_first:
            self.compare("second order" + " by grad" * nested, again, theirs(1), inputs)

    def torch_run(self, **options: Any) -> TorchRun:
        """The program in PyTorch, at our numbers."""
        constants = {x: self.before[x] for x in self.program.constants}
        return TorchRun(self.program, self.numbers, constants, self.kept, **options)

    def torch(self, run: TorchRun | None = None, **options: Any) -> Any:
        """The gradients of both orders by PyTorch."""
        run = run or self.torch_run(**options)
        return run.gradients(self.output_weights, self.weights)

    def gradients(self, about: str, *args: Any, **kwargs: Any) -> Any:
        """Gradients of the right form, or None if they are refused, rightly."""
        try:
            found = gradients(*args, **kwargs)
        except ValueError as error:
            if self.program.scribble and any(
                words in str(error) for words in ("was changed after", "was replaced after")
            ):
                self.seen.refused += 1
                return None
            raise Difference(f"{about} raised ValueError", str(error)) from error
        except Exception as error:
            raise Difference(f"{about} raised {type(error).__name__}", str(error)) from error
        self.check_form(about, found, args[1])
        return found

    def check_form(self, about: str, found: Sequence[Any], leaves: Sequence[Any]) -> None:
        """A gradient is like its variable."""
        for g, x in zip(found, leaves, strict=True):
            if np.shape(g) != np.shape(x):
                raise Difference(f"{about}: shape", f"{np.shape(g)} for {np.shape(x)}")
            if isinstance(x, Value):
                if not isinstance(g, float | Value):
                    raise Difference(f"{about}: kind", f"{type(g).__name__} for a Value")
            elif native(g.dtype) != native(x.dtype):
                raise Difference(f"{about}: dtype", f"{g.dtype} for {x.dtype}")

    def recorded(self, y: Any, first: Sequence[Any]) -> Any:
        """The second order by gradients(..., record=True)."""
        about = "record=True"
        g = self.gradients(about, y, self.leaves, self.output_weights, record=True)
        if g is None:
            return None
        for a, b in zip(g, first, strict=True):
            if not isinstance(a, Value | Tensor):
                raise Difference(f"{about}: kind", type(a).__name__)
            self.check_close(f"{about}: first order", np.asarray(plain(a)), np.asarray(b))
        total = attempt(about, self.total, g)
        return self.gradients("second gradients", total, self.leaves)

    def check_asked(self, y: Any, run: TorchRun) -> None:
        """The gradients by results on the way, too, in one call with those by the inputs."""
        results = {step.name: z for step, z in zip(self.program.steps, self.results, strict=True)}
        others = [*self.leaves, *self.results]  # among them, a result may be an operand as it was
        asked = [
            name
            for name in self.program.asked
            if name in run.named and sum(z is results[name] for z in others) == 1
        ]
        if not asked:
            return
        wanted = [*(results[name] for name in asked), *self.leaves]
        found = self.gradients("gradients by results", y, wanted, self.output_weights)
        if found is not None:
            names = [*asked, *self.program.inputs]
            self.compare(
                "first order by results",
                found,
                lambda **o: (self.torch_run(**o) if o else run).by(asked, self.output_weights),
                names,
            )

    def total(self, found: Sequence[Any]) -> Any:
        """Σ weights·gradients."""
        terms = [
            al.sum(g * w) if np.ndim(g) else g * float(w)
            for g, w in zip(found, self.weights, strict=True)
        ]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    def nested(self) -> Any:
        """The second order by grad(grad(f)), on what the inputs are given as."""
        program, places = self.program, tuple(range(len(self.leaves)))
        constants = {x: self.given[x] for x in program.constants}

        def f(*inputs: Any) -> Any:
            y = program.run(inputs, constants, lambda step, operands: step.call(operands))[-1]
            return al.sum(y * self.output_weights) if np.ndim(y) else y

        def g(*inputs: Any) -> Any:
            return self.total(al.grad(f, argnums=places)(*inputs))

        given = [self.given[name] for name in program.inputs]
        found = attempt("grad(grad)", al.grad(g, argnums=places), *given)
        self.check_form("grad(grad)", found, self.leaves)
        return found

    def check_backward(self, y: Any, first: Sequence[Any]) -> None:
        """`backward` leaves the same in `.grad`, in arrays of their own, and adds up."""
        leaves = self.leaves
        start = float(self.output_weights) if isinstance(y, Value) else self.output_weights.copy()
        attempt("backward", y.backward, start)
        given = [x for x in self.given.values() if isinstance(x, np.ndarray)]
        given += [x for x in (start, y.detach()) if isinstance(x, np.ndarray)]
        used = self.program.used()
        for name, x, g in zip(self.program.inputs, leaves, first, strict=True):
            if x.grad is None:
                if name in used and np.any(g):
                    raise Difference("backward: no .grad", name)
                x.grad = np.zeros(x.shape, x.dtype) if isinstance(x, Tensor) else 0.0
            self.check_close("backward", np.asarray(x.grad), np.asarray(g))
        self.check_form("backward", [x.grad for x in leaves], leaves)
        own = [x.grad for x in leaves if isinstance(x, Tensor)]
        own += [g for g in first if isinstance(g, np.ndarray)]
        given += [x.detach() for x in leaves if isinstance(x, Tensor)]
        given += [z.detach() for z in self.results if isinstance(z, Tensor)]
        for a, b in itertools.combinations(own, 2):
            if a.size and np.may_share_memory(a, b):
                raise Difference("gradients share memory", "with one another")
        for a, b in itertools.product(own, given):
            if a.size and np.may_share_memory(a, b):
                raise Difference("gradients share memory", "with what was given, or a result")
        kept = [np.array(x.grad) for x in leaves]
        attempt("backward again", y.backward, start)
        for x, g in zip(leaves, kept, strict=True):
            self.check_close("backward twice", np.asarray(x.grad), 2 * g)
        if not np.array_equal(start, self.output_weights):
            raise Difference("given changed", "the gradient that backward starts from")
        for i, g in enumerate(own):
            if g.ndim and not g.flags.writeable:
                raise Difference("gradient read-only", str(i))

    def check_close(self, about: str, a: Any, b: Any) -> None:
        """Two of our own results of one computation are the same."""
        tolerance = 100 * self.coarsest
        with np.errstate(all="ignore"):
            scale = np.max(np.abs(b[np.isfinite(b)]), initial=0.0)
        if not np.allclose(a, b, rtol=tolerance, atol=tolerance * scale, equal_nan=True):
            raise Difference(about, f"{a.tolist()}, not {b.tolist()}")

    # ------------------------------------------------------------ against PyTorch

    def compare(
        self, about: str, found: Sequence[Any], theirs: Theirs, names: Sequence[str]
    ) -> list[Any]:
        """Our gradients are PyTorch's, which are returned, but for what rounding can do."""
        expected = theirs()
        for i, (a, b) in enumerate(zip(found, expected, strict=True)):
            a = np.asarray(a, np.float64)
            self.seen.elements += a.size
            if self.differs(a, b, lambda i=i, **options: theirs(**options)[i]).any():
                raise Difference(about, f"by {names[i]}: {a.tolist()}, not {b.tolist()}")
        return expected

    def differs(self, a: Any, b: Any, theirs: Theirs) -> Any:
        """Which elements differ by more than rounding can explain."""
        bad = ~((a == b) | (np.isnan(a) & np.isnan(b)))
        excused = bad & np.isnan(b) & ~np.isnan(a)
        if excused.any():  # 0·inf, which is nan in PyTorch
            b = np.where(excused, theirs(zeros=True), b)
            self.seen.zeros += int(excused.sum())
            excused &= np.isnan(b)
            self.seen.not_nan += int(excused.sum())
            bad &= ~excused & ~(a == b)
        if not bad.any():
            return bad
        if self.nan:  # where there is none to be had, the derivative may be nan too
            self.seen.nan += int((bad & np.isnan(a)).sum())
            bad &= ~np.isnan(a)
        scale = np.max(np.abs(b[np.isfinite(b)]), initial=0.0)
        bad &= ~(np.abs(a - b) <= LOOSE * self.coarsest * scale)
        bad &= ~(np.abs(a - b) <= 100 * self.coarsest * self.largest)  # what cancels
        if not bad.any():
            return bad
        self.seen.closely += int(bad.sum())
        runs = []
        for seed in range(1, 5):
            with rounding(2 * self.coarsest, seed):
                run = theirs(zeros=False)
                runs.append(theirs(zeros=True) if np.isnan(run).any() else run)
        spread = np.max([np.abs(run - b) for run in runs], axis=0)
        bad &= ~(np.abs(a - b) <= 100 * spread + 100 * self.coarsest * np.abs(b) + self.least)
        return bad


def plain(x: Any) -> Any:
    """What a variable holds, as NumPy is to be given it; a constant as it is."""
    if isinstance(x, Value):
        return x.data
    return np.asarray(x.detach()) if isinstance(x, Tensor) else x


def largest(x: Any) -> float:
    """The largest of the numbers and of their reciprocals, but those of the smallest."""
    sizes = np.abs(x[np.isfinite(x)])
    return float(max(np.max(sizes, initial=1.0), np.max(1 / sizes[sizes > 0.01], initial=1.0)))


def native(dtype: Any) -> Any:
    """The dtype in this machine's order of bytes."""
    return np.dtype(dtype).newbyteorder("=")


def same_value(step: Step, values: Sequence[Any], a: Any, b: Any) -> bool:
    """Whether a step gave what NumPy gives, to a few units in the last place."""
    if a.size == 0 or np.array_equal(a, b, equal_nan=True):
        return True
    if np.any(np.isnan(a) != np.isnan(b)):
        return False
    dtypes = [np.asarray(x).dtype for x in (b, *values) if np.asarray(x).dtype.kind == "f"]
    eps = 64 * max(float(np.finfo(dtype).eps) for dtype in dtypes)
    wrong = ~((a == b) | np.isnan(b) | (np.abs(a - b) <= eps * np.abs(b)))
    if not wrong.any() or is_elementwise(step.primitive):
        return not wrong.any()
    sizes = [np.nan_to_num(np.abs(np.asarray(x, np.float64)), posinf=0.0) for x in values]
    most = np.asarray(numpy_function(step.primitive)(*sizes, *step.args, **dict(step.kwargs)))
    largest = np.max([np.max(x, initial=0.0) for x in sizes])
    return bool(np.all(np.abs(a - b)[wrong] <= eps * (np.abs(most[wrong]) + largest)))
