"""The page that says of every NumPy function which dtypes come back, made from the calls that the
declarations list.

    python tests/functions/dtypes_page.py > docs/dtypes.md
"""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from table_calls import (
    Call,
    Entry,
    arrays_in,
    calls,
    entries,
    in_dtype,
    on_complex_numbers,
    variables,
)

from autograd_lite import Tensor
from autograd_lite.engine.variable import Variable

DTYPES = ("float64", "float32", "float16", "complex128", "complex64")

Kinds = tuple[str, ...]
"""The floating dtypes among the results of a call, one after the other."""

KEPT = "as precise as the operands"
WIDER = "more precise, in NumPy too"
SOME = "the one or the other, by the call, in NumPy too"
REFUSED = "refused, by NumPy too"
REFUSED_HERE = "refused here alone"
TAKEN_HERE = "taken here alone"
OTHER = "another dtype than NumPy's"
NONE = "plain results alone"
ORDER = (KEPT, WIDER, SOME, REFUSED, REFUSED_HERE, TAKEN_HERE, OTHER, NONE)


@dataclass
class Found:
    """What the calls of one function on one dtype gave."""

    kinds: set[str] = field(default_factory=set)
    """What was found of calls; see `ORDER`."""
    wide: Call | None = None
    """The first that gave what is more precise."""

    @property
    def kind(self) -> str:
        """Of the function. One that some calls of are refused counts by the others."""
        for kind in (OTHER, REFUSED_HERE, TAKEN_HERE):
            if kind in self.kinds:
                return kind
        given = self.kinds - {REFUSED, NONE}
        if len(given) > 1:
            return SOME
        return given.pop() if given else REFUSED if REFUSED in self.kinds else NONE


def found(entry: Entry, dtype: str) -> Found:
    """What a function gives on a dtype."""
    all_of_it = Found()
    for call in unasked(entry):
        if np.dtype(dtype).kind == "c":
            call = on_complex_numbers(call, np.dtype(dtype))
        else:
            call = in_dtype(call, np.dtype(dtype))
        kind = kind_of(call, dtype)
        all_of_it.kinds.add(kind)
        if kind == WIDER and all_of_it.wide is None:
            all_of_it.wide = call
    return all_of_it


def unasked(entry: Entry) -> list[Call]:
    """The calls that do not say themselves what dtype the result shall have."""
    return [
        call
        for call in calls(entry)
        if not any(isinstance(x, type | np.dtype) for x in (*call.args, *call.kwargs.values()))
    ]


def kind_of(call: Call, dtype: str) -> str:
    """What a call gives, beside what NumPy gives of plain arrays."""
    right, ours = given(call, call.operands), given(call, variables(call, Tensor))
    if right is None or ours is None:
        return REFUSED if right is ours else REFUSED_HERE if ours is None else TAKEN_HERE
    if right != ours:
        return OTHER
    if not ours:
        return NONE
    eps = min(float(np.finfo(kind).eps) for kind in ours)
    return WIDER if eps < float(np.finfo(dtype).eps) else KEPT


def given(call: Call, operands: Any) -> Kinds | None:
    """The dtypes of the results, or None where they are refused."""
    try:
        results = call.of(call.entry.function, operands)
    except (TypeError, ValueError, IndexError):
        return None
    plain = (x.detach() if isinstance(x, Variable) else x for x in arrays_in(results))
    kinds = (np.asarray(x).dtype for x in plain)
    return tuple(kind.name for kind in kinds if kind.kind in "fc")


@functools.cache
def everything() -> dict[str, dict[Entry, Found]]:
    """By dtype, what each function gives."""
    own = sorted(
        (e for e in entries() if e.has_cases and unasked(e)), key=lambda entry: entry.name.lower()
    )
    return {dtype: {entry: found(entry, dtype) for entry in own} for dtype in DTYPES}


# ---------------------------------------------------------------- the page

VERSION = ".".join(np.__version__.split(".")[:2])

HEAD = f"""\
# Results by dtype

Every NumPy function that has a rule, called on Tensors of five dtypes, in all the ways that its
declaration lists for the tests, but for those that ask for a dtype. This page is made by `python
tests/functions/dtypes_page.py > docs/dtypes.md`, with NumPy {VERSION}.

A gradient always has the dtype of its variable. That, and that value, dtype and shape are NumPy's,
is held of each function by `tests/functions/test_table.py`: of float64, float32 and float16, of
both memory orders, of arrays without elements; of complex128 where NumPy takes it. Derivatives of
the first and second order are compared with differences in float64, those of the first order in
complex128 as well.
"""

ABOUT = {
    "float64": "",
    "float32": "32 bits stay 32 bits, but where NumPy itself computes in 64. Where it does in some "
    "calls alone, there is mostly an argument of 64 bits, such as an array of weights.",
    "float16": "`np.linalg` takes no 16 bits; `np.fft` computes in 32.",
    "complex128": "What gives real results (`np.abs`, `np.real`, `np.linalg.norm`) gives float64. "
    "NumPy's `interp` refuses an array of complex places, and drops the imaginary part of a single "
    "one, which is refused here. `np.fabs` is `np.abs` here. The density of a histogram of complex "
    "samples is complex here; NumPy drops the imaginary part with a warning.",
    "complex64": "As of complex128, with half of the bits.",
}


def page() -> str:
    """The whole page."""
    table = everything()
    lines = [HEAD, *summary(table)]
    for dtype in DTYPES[1:]:
        lines += ["", f"## {dtype}", "", *wrapped(ABOUT[dtype])]
        for kind in ORDER:
            lines += paragraph(dtype, kind, table[dtype])
    return "\n".join(lines) + "\n"


def summary(table: dict[str, dict[Entry, Found]]) -> Iterator[str]:
    """How many functions there are of each kind, by dtype."""
    kinds = [k for k in ORDER if any(f.kind == k for row in table.values() for f in row.values())]
    yield "| | " + " | ".join(DTYPES) + " |"
    yield "| --- |" + " ---: |" * len(DTYPES)
    for kind in kinds:
        counts = (sum(f.kind == kind for f in table[dtype].values()) for dtype in DTYPES)
        yield f"| {kind} | " + " | ".join(str(n or "") for n in counts) + " |"


def paragraph(dtype: str, kind: str, row: dict[Entry, Found]) -> Iterator[str]:
    """The functions of one kind; those that are as precise as their operands only of 32 bits, for
    of the other dtypes they are the rest."""
    names = [entry.name for entry, one in row.items() if one.kind == kind]
    if not names or (kind == KEPT and dtype != "float32"):
        return
    yield ""
    title = f"**{kind[0].upper()}{kind[1:]}** ({len(names)})"
    if kind == SOME:
        yield f"{title}, among others in"
        yield ""
        for one in row.values():
            if one.kind == kind and one.wide is not None:
                yield f"- `{one.wide}`"
    else:
        yield from wrapped(f"{title}: {', '.join(f'`{name}`' for name in names)}.")


def wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 100, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    print(page(), end="")
