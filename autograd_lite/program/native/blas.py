"""Products of matrices by the BLAS that NumPy computes with, called from machine code.

NumPy's own library of linear algebra is loaded with NumPy, and has functions of C's interface
(`cblas_dgemm`), whose names and whole numbers differ from build to build. Where none is found,
SciPy tells where its BLAS lies. A function stands in the code by a name of ours, so that machine
code that is kept on disk is right in another process, where it lies elsewhere.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

ROUTINES = ("dgemm", "sgemm", "dgemv", "sgemv", "ddot", "sdot")

_SPELLINGS = ("scipy_cblas_{}64_", "cblas_{}64_", "cblas_{}$NEWLAPACK$ILP64", "cblas_{}")
"""What NumPy's builds call a function; those before the last have whole numbers of 64 bits."""

_COLUMNS, _AS_IT_IS, _TRANSPOSED = 102, 111, 112


@dataclass(frozen=True)
class Blas:
    """Where the functions are, and how they are called."""

    addresses: dict[str, int]
    whole: str
    """The type of a whole number."""
    by_pointers: bool
    """Whether it is Fortran's interface: pointers to letters and numbers."""
    threads: int = 1
    """How many compute at once."""

    @functools.cached_property
    def _prefix(self) -> str:
        return f"autograd_lite_{'fortran' if self.by_pointers else 'c'}_{self.whole}_"

    def enter(self, routine: str) -> str:
        """The name of a function in machine code, which from now on is found by it."""
        import llvmlite.binding as llvm

        name = self._prefix + routine
        llvm.add_symbol(name, self.addresses[routine])
        return name


@functools.cache
def blas() -> Blas | None:
    """The BLAS, if one is found that computes a product as it should."""
    for find in (_of_numpy, _of_scipy):
        found = find()
        if found is not None and _is_right(found):
            return found
    return None


def _of_numpy() -> Blas | None:
    """What NumPy's module has loaded: a name is looked for in all that the module needs."""
    module = sys.modules.get("numpy._core._multiarray_umath")
    if module is None:
        module = sys.modules.get("numpy.core._multiarray_umath")
    try:
        library = ctypes.CDLL(str(getattr(module, "__file__", None)))
    except OSError:
        return None
    for spelling in _SPELLINGS:
        if spelling == _SPELLINGS[-1] and sys.platform == "darwin":
            continue  # there, what is too wide for an argument on the stack moves the others
        try:
            functions = [getattr(library, spelling.format(name)) for name in ROUTINES]
        except AttributeError:
            continue
        pointers = [ctypes.cast(x, ctypes.c_void_p).value or 0 for x in functions]
        return Blas(dict(zip(ROUTINES, pointers, strict=True)), "i64", False, _threads(library))
    return None


def _threads(library: ctypes.CDLL) -> int:
    """How many threads it computes with, or may compute with, if it does not say."""
    for spelling in ("scipy_openblas_{}64_", "openblas_{}64_", "openblas_{}"):
        try:
            return int(getattr(library, spelling.format("get_num_threads"))())
        except AttributeError:
            continue
    return os.cpu_count() or 1


def _of_scipy() -> Blas | None:
    """What SciPy offers to other modules."""
    try:
        table = importlib.import_module("scipy.linalg.cython_blas").__pyx_capi__
    except (ImportError, AttributeError):
        return None
    name, pointer = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_GetPointer
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    found = {}
    for routine in ROUTINES:
        capsule = table.get(routine)
        if capsule is None or b" *, int *" not in name(capsule):
            return None
        found[routine] = pointer(capsule, name(capsule))
    return Blas(found, "i32", True, os.cpu_count() or 1)


def _is_right(found: Blas) -> bool:
    """Whether it computes the product of a small matrix, transposed, and another."""
    a, b = np.arange(6.0).reshape(2, 3), np.arange(8.0).reshape(2, 4)
    c = np.zeros((3, 4))
    whole: Any = ctypes.c_int32 if found.by_pointers else ctypes.c_int64
    function = found.addresses["dgemm"]
    sizes, places = map(whole, (4, 3, 2)), [x.ctypes.data_as(ctypes.c_void_p) for x in (b, a, c)]
    if found.by_pointers:
        letters: list[Any] = [ctypes.c_char(b"N"), ctypes.c_char(b"T")]
        one, zero = ctypes.c_double(1.0), ctypes.c_double(0.0)
        steps = [whole(4), whole(3), whole(4)]
        given = [*letters, *sizes, one, places[0], steps[0], places[1], steps[1], zero, places[2]]
        every = [x if x in places else ctypes.byref(x) for x in (*given, steps[2])]
        ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 13)(function)(*every)
    else:
        i, p, d = ctypes.c_int, ctypes.c_void_p, ctypes.c_double
        kinds = [i, i, i, *[whole] * 3, d, p, whole, p, whole, d, p, whole]
        ctypes.CFUNCTYPE(None, *kinds)(function)(
            _COLUMNS, _AS_IT_IS, _TRANSPOSED, *sizes, 1.0, places[0], 4, places[1], 3, 0.0,
            places[2], 4,
        )  # fmt: skip
    return bool(np.array_equal(c, a.T @ b))


# ---------------------------------------------------------------- calls


@dataclass(frozen=True)
class Call:
    """A call in LLVM's code: what is declared and defined once in a module, and the line itself."""

    declared: str
    constants: tuple[str, ...]
    text: str


Argument = tuple[str, Any]
"""("turn", whether transposed), ("whole", i), ("number", x), ("pointer", a name)."""


def call(found: Blas, routine: str, arguments: Sequence[Argument], label: str) -> Call:
    """The call of a function.

    Args:
        found: the BLAS.
        routine: one of `ROUTINES`; of the order of matrices nothing is among the arguments, they
            are by columns, as in Fortran.
        arguments: in order, as in Fortran.
        label: what begins the names of constants: no other call's.
    """
    kind = "double" if routine[0] == "d" else "float"
    result = kind if routine.endswith("dot") else "void"
    name = found.enter(routine)
    write = _Pointers(kind, label) if found.by_pointers else _Plain(kind, found.whole)
    given = [write.argument(*x) for x in arguments]
    if not found.by_pointers and result == "void":
        given.insert(0, f"i32 {_COLUMNS}")
    types = ", ".join(x.split()[0] for x in given)
    return Call(
        f"declare {result} @{name}({types}) nounwind",
        tuple(write.constants),
        f"call {result} @{name}({', '.join(given)})",
    )


class _Plain:
    """Arguments as C has them."""

    def __init__(self, kind: str, whole: str) -> None:
        self._whole = whole
        self._kind = kind
        self.constants: list[str] = []

    def argument(self, what: str, x: Any) -> str:
        match what:
            case "turn":
                return f"i32 {_TRANSPOSED if x else _AS_IT_IS}"
            case "whole":
                return f"{self._whole} {x}"
            case "number":
                return f"{self._kind} {float(x)!r}"
        return f"ptr {x}"


class _Pointers:
    """Arguments as Fortran has them."""

    def __init__(self, kind: str, label: str) -> None:
        self._kind = kind
        self._label = label
        self.constants: list[str] = []

    def argument(self, what: str, x: Any) -> str:
        match what:
            case "turn":
                return self._kept(f"i8 {ord('T' if x else 'N')}")
            case "whole":
                return self._kept(f"i32 {x}")
            case "number":
                return self._kept(f"{self._kind} {float(x)!r}")
        return f"ptr {x}"

    def _kept(self, text: str) -> str:
        name = f"@{self._label}.{len(self.constants)}"
        self.constants.append(f"{name} = private unnamed_addr constant {text}")
        return f"ptr {name}"
