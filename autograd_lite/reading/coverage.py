"""The page that says what of NumPy is covered, made from the table of declarations and from
NumPy's own lists of names.

What has a rule, or is declared to give plain results, the table says. `OTHERWISE`, `BY_NATURE` and
`NOT_COVERED` say the rest, in one place: which names work without a rule of their own, have no
derivative to speak of, or are refused, and why.
"""

from __future__ import annotations

import importlib
import json
import sys
import textwrap
import types
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.engine import primitive
from autograd_lite.engine.primitive import COMPOSED, CONSTANTS, PRIMITIVES, Declared, Primitive
from autograd_lite.engine.tensor import Tensor

PRIMITIVE, COMPOSITION, OTHER = "a primitive", "composed", "otherwise"
PLAIN, NATURE, REFUSED = "plain results", "by nature", "not covered"

DIFFERENTIABLE = (PRIMITIVE, COMPOSITION, OTHER)
"""The kinds of names that a derivative flows through."""

RESULTS = Path(__file__).parents[2] / "benchmarks" / "coverage" / "results.json"
"""What `python -m benchmarks.coverage --write` measured, in a checkout."""

OTHERWISE: dict[str, str] = {
    "numpy.array": "np.array([x[0], 2.0 * x[1]])",
    "numpy.asarray": "np.asarray([x[0], 2.0 * x[1]])",
    "numpy.asanyarray": "np.asanyarray([x[0], 2.0 * x[1]])",
    "numpy.asarray_chkfinite": "np.asarray_chkfinite(x) * 2.0",
    "numpy.ascontiguousarray": "np.ascontiguousarray(x) * 2.0",
    "numpy.asfortranarray": "np.asfortranarray(x) * 2.0",
    "numpy.asmatrix": "np.asarray(np.asmatrix(x)) * 2.0",
    "numpy.matrix": "np.asarray(np.matrix(x)) * 2.0",
    "numpy.bmat": "np.asarray(np.bmat([[x, x]])) * 2.0",
    "numpy.require": "np.require(x) * 2.0",
    "numpy.full": "np.full(3, x[0])",
    "numpy.kaiser": "np.kaiser(5, x[0])",
    "numpy.fromfunction": "np.fromfunction(lambda i: x[0] * i, (3,))",
    "numpy.fromiter": "np.fromiter((u * u for u in x), object)",
    "numpy.poly1d": "np.poly1d([x[0], x[1]])(0.5)",
    "numpy.ndenumerate": "np.stack([u * u for _, u in np.ndenumerate(x)])",
    "numpy.r_": "np.r_[x, 1.0]",
    "numpy.c_": "np.c_[x, x]",
    "numpy.vectorize": "np.vectorize(lambda u: u * u)(x)",
    "numpy.ndarray.T": "x.reshape(2, 2).T",
    "numpy.ndarray.mT": "x.reshape(2, 2).mT",
    "numpy.ndarray.flat": "x.flat[1] * x",
    "numpy.row_stack": "np.row_stack([x, 2.0 * x])",
    "numpy.ndarray.fill": "y = np.zeros_like(x); y.fill(x[0]); y",
    "numpy.ndarray.sort": "y = x * 2.0; y.sort(); y",
    "numpy.ndarray.partition": "y = x * 2.0; y.partition(1); y[1]",
    "numpy.ndarray.view": "x.view() * 2.0",
    "numpy.ndarray.tolist": "np.stack(x.tolist())",
}
"""Names through which a derivative flows without a declaration of their own: a use of each, of a
vector x, which the tests differentiate."""

BY_NATURE: dict[str, str] = {
    "makes an array of plain numbers": """
        arange bartlett blackman empty eye hamming hanning identity indices mgrid ogrid ones tri
        zeros fft.fftfreq fft.rfftfreq
        """,
    "gives places or shapes, or walks along them": """
        broadcast broadcast_shapes diag_indices einsum_path index_exp iterable mask_indices ndindex
        nditer nested_iters ravel_multi_index s_ tril_indices triu_indices unravel_index
        """,
    "is about whole numbers or truth values": """
        bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not bitwise_or
        bitwise_right_shift bitwise_xor gcd invert lcm left_shift packbits right_shift unpackbits
        """,
    "is constant but for jumps": """
        histogram2d histogram_bin_edges histogramdd isfortran isnat isscalar
        """,
    "is about types": """
        can_cast dtype finfo frompyfunc iinfo isdtype issubdtype mintypecode ndarray promote_types
        recarray record typename ufunc
        """,
    "is about memory, or what an array is": """
        flatiter memmap ndarray.base ndarray.ctypes ndarray.data ndarray.device ndarray.dtype
        ndarray.flags ndarray.itemsize ndarray.nbytes ndarray.setflags
        ndarray.strides ndarray.to_device
        """,
    "reads or writes files, bytes or text": """
        base_repr binary_repr format_float_positional format_float_scientific from_dlpack frombuffer
        fromfile fromregex fromstring genfromtxt load loadtxt save savetxt savez savez_compressed
        ndarray.byteswap ndarray.dump ndarray.dumps ndarray.getfield ndarray.item ndarray.setfield
        ndarray.tobytes ndarray.tofile
        """,
    "is about dates": """
        busday_count busday_offset busdaycalendar datetime_as_string datetime_data is_busday
        """,
    "is about NumPy itself": """
        __array_namespace_info__ errstate get_include get_printoptions getbufsize geterr geterrcall
        info printoptions set_printoptions setbufsize seterr seterrcall show_config show_runtime
        test linalg.LinAlgError
        """,
}
"""What has no derivative: it has no operands that vary, or its results are no real numbers."""

NOT_COVERED: dict[str, str] = {
    "a Tensor keeps its shape; use np.resize": "ndarray.resize",
    "the array is one of places, which are constants; use np.choose": "ndarray.choose",
}
"""What is refused with a TypeError, and why."""

NOT_YET = "nothing stands for it yet"
"""Of a name on none of these tables: there must be none, which `contradictions` tells."""


@dataclass(frozen=True)
class Name:
    """A name of NumPy's: which kind it is of, and what stands for it or why nothing does."""

    path: str
    """From `numpy` on: `numpy.linalg.norm`."""
    kind: str
    why: str = ""

    @property
    def shown(self) -> str:
        """As users write it."""
        return self.path.replace("numpy.", "np.", 1).replace("np.ndarray.", "ndarray.")


# ---------------------------------------------------------------- which names there are


def spaces() -> dict[str, dict[str, Any]]:
    """NumPy's lists of names, with what each name is."""
    return {
        "numpy": {name: getattr(np, name) for name in sorted(np.__all__)},
        "numpy.linalg": {name: getattr(np.linalg, name) for name in sorted(np.linalg.__all__)},
        "numpy.fft": {name: getattr(np.fft, name) for name in sorted(np.fft.__all__)},
        "numpy.ndarray": {
            name: getattr(np.ndarray, name) for name in dir(np.ndarray) if name[0] != "_"
        },
    }


def listed(table: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The names that a table of reasons lists, each with the reason."""
    for reason, names in table.items():
        for name in names.split():
            yield f"numpy.{name}", reason


def classified() -> dict[str, list[Name]]:
    """Every name of NumPy's, by the list that it is on: what the table of declarations says of it,
    or what it is; else what is said of it by hand."""
    load_everything()
    rules = {f: one for one in _own() for f in one.numpy}
    methods = {one.method: one for one in _own() if one.method}
    said = _reasons()
    found: dict[str, list[Name]] = {}
    for space, names in spaces().items():
        found[space] = []
        for name, x in names.items():
            path = f"{space}.{name}"
            is_method = space == "numpy.ndarray"
            one = methods.get(name) if is_method else rules.get(x) if _is_hashable(x) else None
            f = x
            if is_method and one is None and path not in said and hasattr(Tensor, name):
                f = getattr(np, name, x)  # the function that the method is
                one = rules.get(f)
            known = _of_table(path, f, one) or _of_its_kind(path, x) or said.get(path)
            found[space].append(known or Name(path, REFUSED, NOT_YET))
    return found


def contradictions() -> list[str]:
    """What is said by hand and is not so, said twice, or not said of any name that needs it."""
    every = {name.path: name for names in classified().values() for name in names}
    tables = (*listed(BY_NATURE), *listed(NOT_COVERED), *((path, OTHER) for path in OTHERWISE))
    places = Counter(path for path, _ in tables)
    wrong = [f"{path} is said to be two things" for path, count in places.items() if count > 1]
    for path, said in _reasons().items():
        if path in every and every[path] != said:
            wrong.append(f"{path} is {said.kind} by hand, and is {every[path].kind}")
    nothing = [name.path for name in every.values() if name.why == NOT_YET]
    return wrong + [f"{path} is neither covered nor said not to be" for path in nothing]


def load_everything() -> None:
    """The declarations that are put off until somebody calls for them."""
    for declarations in getattr(primitive, "LATER", {}).values():
        try:
            importlib.import_module(declarations)
        except ModuleNotFoundError:  # of a package that is not installed
            continue


def _own() -> list[Declared]:
    """What the library itself declares."""
    everything = (*PRIMITIVES.values(), *COMPOSED.values())
    return [one for one in everything if one.function.__module__.startswith("autograd_lite.")]


def _reasons() -> dict[str, Name]:
    """What is said by hand."""
    found = {path: Name(path, NATURE, why) for path, why in listed(BY_NATURE)}
    found |= {path: Name(path, REFUSED, why) for path, why in listed(NOT_COVERED)}
    return found | {path: Name(path, OTHER, use) for path, use in OTHERWISE.items()}


def _is_hashable(x: Any) -> bool:
    return type(x).__hash__ is not None


def _of_table(path: str, x: Any, one: Declared | None) -> Name | None:
    """What the table of declarations says."""
    if one is not None:
        return Name(path, PRIMITIVE if isinstance(one, Primitive) else COMPOSITION, one.name)
    return Name(path, PLAIN) if _is_hashable(x) and x in CONSTANTS else None


def _of_its_kind(path: str, x: Any) -> Name | None:
    """What follows from what it is: a type, a module, a number."""
    if isinstance(x, type) and issubclass(x, np.generic) and x is not np.record:
        return Name(path, NATURE, "is a type of numbers")
    if isinstance(x, types.ModuleType):
        return Name(path, NATURE, "is a module; see below, or its own documentation")
    if x is None or isinstance(x, bool | np.bool_ | int | float | str | tuple | dict):
        return Name(path, NATURE, "is a constant or a table of names")
    return None


# ---------------------------------------------------------------- methods of ufuncs

UFUNC_METHODS = ("reduce", "accumulate", "outer", "reduceat", "at")


def methods_of_ufuncs() -> dict[str, tuple[list[str], list[str]]]:
    """For each method of ufuncs those differentiable ones of two operands for which it works, and
    those for which it is refused: found by trying."""
    binary = [
        f
        for one in _own()
        for f in one.numpy
        if isinstance(f, np.ufunc) and (f.nin, f.nout, f.signature) == (2, 1, None)
    ]
    found = {}
    for method in UFUNC_METHODS:
        works = [f for f in binary if _works(f, method)]
        names = [sorted({f.__name__ for f in group}) for group in (works, binary)]
        found[method] = (names[0], [name for name in names[1] if name not in names[0]])
    return found


def _works(ufunc: Any, method: str) -> bool:
    x = Tensor(np.array([1.5, 2.5, 0.5]))
    more: dict[str, tuple[Any, ...]] = {"outer": (x,), "reduceat": ([0, 2],), "at": ([0], x[:1])}
    try:
        getattr(ufunc, method)(x * 1.0, *more.get(method, ()))
    except TypeError:
        return False
    return True


# ---------------------------------------------------------------- the page

_HEAD = """\
# What of NumPy is covered

Every name on NumPy's own lists: `numpy.__all__`, `numpy.linalg.__all__`, `numpy.fft.__all__`, and
the methods of arrays and of ufuncs. This page is made from the table of declarations by
`python -m autograd_lite.reading.coverage`, with NumPy {version}.

"""

_MEASURED = """
## Usages

{count} usages of NumPy, as scripts and its documentation have them, are differentiated by each
library: this one and MyGrad through NumPy itself, HIPS autograd and JAX through their own. *Right*
is the number that central differences give, *refused* an error, *wrong* another number, or 0 where
the derivative was lost. Measured by `python -m benchmarks.coverage --write`.

"""


def page(results: Mapping[str, Any] | None = None) -> str:
    """The page in Markdown, with what was measured, if that is given.

    >>> print(page()[:27])
    # What of NumPy is covered
    <BLANKLINE>
    """
    found = classified()
    parts = [_HEAD.format(version=".".join(np.__version__.split(".")[:2])), *_counts(found)]
    parts += _measured(results) if results else []
    for space, names in found.items():
        parts += _section(space, names)
    return "".join([*parts, *_ufuncs()])


def _counts(found: Mapping[str, list[Name]]) -> Iterator[str]:
    """How many names are of which kind."""
    yield "| names of | differentiable | without a derivative | not covered |\n"
    yield "| --- | ---: | ---: | ---: |\n"
    for space, names in found.items():
        kinds = (DIFFERENTIABLE, (PLAIN, NATURE), (REFUSED,))
        counts = (str(sum(name.kind in kind for name in names)) for kind in kinds)
        yield f"| `{space}` | {' | '.join(counts)} |\n"


def _measured(results: Mapping[str, Any]) -> Iterator[str]:
    """What came of the usages, by library."""
    rows = [[len(r["refused"]), len(r["wrong"])] for r in results.values()]
    rows = [[r["right"], *row] for r, row in zip(results.values(), rows, strict=True)]
    yield _MEASURED.format(count=sum(rows[0]))
    yield "| library | right | refused | wrong |\n| --- | ---: | ---: | ---: |\n"
    for (name, r), row in zip(results.items(), rows, strict=True):
        yield f"| {name} {r['version']} | {' | '.join(map(str, row))} |\n"
    for name, r in list(results.items())[:1]:
        for kind in ("refused", "wrong"):
            if r[kind]:
                usages = ", ".join(f"`{text}`" for text in r[kind])
                yield _paragraph(f"{kind.capitalize()} by {name}: {usages}.")


def _section(space: str, names: list[Name]) -> Iterator[str]:
    """The names of one list, by kind."""
    yield f"\n## `{space}`\n"
    of = {kind: [n for n in names if n.kind == kind] for kind in (*DIFFERENTIABLE, PLAIN)}
    for kind, words in (
        (PRIMITIVE, "Primitives, with a rule of their own"),
        (COMPOSITION, "Composed of other functions"),
        (OTHER, "Differentiable without a declaration"),
        (PLAIN, "Plain results: comparisons, positions, roundings, questions about shape"),
    ):
        if of[kind]:
            yield _paragraph(f"**{words}** ({len(of[kind])}): {_joined(of[kind])}.")
    for kind, words in ((NATURE, "Without a derivative"), (REFUSED, "Not covered")):
        rest = [n for n in names if n.kind == kind]
        if rest:
            yield _paragraph(f"**{words}** ({len(rest)}):")
        for i, reason in enumerate(dict.fromkeys(n.why for n in rest)):
            group = [n for n in rest if n.why == reason]
            yield ("\n" if not i else "") + _item(f"{reason}: {_joined(group)}")


def _ufuncs() -> Iterator[str]:
    """Which methods of ufuncs work."""
    yield "\n## Methods of ufuncs\n\nOf those ufuncs of two operands that are differentiable:\n\n"
    for method, (works, refused) in methods_of_ufuncs().items():
        some = f"works for {_code(works)}" if works else "works for none"
        rest = f"; refused for {_code(refused)}" if refused and works else ""
        yield _item(f"`{method}` {some}{rest}")


def _joined(names: Iterable[Name]) -> str:
    return _code(n.shown for n in names)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _paragraph(text: str) -> str:
    return "\n" + _wrapped(text) + "\n"


def _item(text: str) -> str:
    return _wrapped(text, "- ", "  ") + "\n"


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    lines = textwrap.wrap(
        text, 100, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
    return "\n".join(lines)


if __name__ == "__main__":
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS
    measured = json.loads(path.read_text("utf-8")) if path.exists() else None
    print(page(measured), end="")
