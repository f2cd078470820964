"""Who asks a variable for plain numbers, and what is said to that.

A function of another library, `scipy.linalg.expm(t)`, first makes an array of what it is given, by
`np.asarray`, `float` and the like: with numbers of Python's or NumPy's it computes, with a variable
it would lose the graph, or fail in words that name neither. So the refusal looks, once it is one,
at who called, and names that function and the one to use instead.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import LATER

_PLAIN_ONLY = (
    *("scipy.cluster", "scipy.fft", "scipy.integrate", "scipy.interpolate", "scipy.linalg"),
    *("scipy.ndimage", "scipy.optimize", "scipy.sparse", "scipy.spatial", "scipy.stats"),
    *("scipy.signal._filter", "scipy.signal._savitzky_golay", "scipy.signal._signaltools"),
    *("scipy.signal._spectral_py", "scipy.signal._upfirdn"),
)
"""The modules of SciPy whose functions compute with plain numbers: given an array of variables,
they fail in words that tell nothing, and some end the process."""

_ARITHMETIC_ALONE = {
    "integrate": {"cumulative_simpson", "cumulative_trapezoid", "romb", "simpson", "trapezoid"},
    "interpolate": {"BarycentricInterpolator", "KroghInterpolator", "barycentric_interpolate",
                    "krogh_interpolate", "pade"},
    "linalg": {"block_diag", "circulant", "companion", "convolution_matrix", "fiedler",
               "fiedler_companion", "hankel", "khatri_rao", "leslie", "norm",
               "solve_circulant", "toeplitz"},
    "optimize": {"rosen", "rosen_der", "rosen_hess", "rosen_hess_prod"},
    "signal": {"bilinear", "convolve", "correlate", "deconvolve", "freqs", "freqs_zpk", "freqz_zpk",
               "group_delay", "invres", "invresz", "lfiltic", "normalize", "sos2tf", "tf2zpk",
               "zpk2tf"},
    "sparse.linalg": {"expm_multiply"},
    "spatial": {"distance_matrix", "minkowski_distance", "minkowski_distance_p"},
    "special": {"softmax"},
    "stats": {"boxcox", "circmean", "directional_stats", "gmean", "hmean", "kstat", "kstatvar",
              "median_abs_deviation", "pmean", "scoreatpercentile", "sem", "sigmaclip", "tmax",
              "tmin", "trim1", "trimboth"},
}  # fmt: skip
"""Functions of SciPy's that only add, multiply and compare what they are given: right with an array
of variables as well."""


def words(kind: str) -> str:
    """What is said to a function of SciPy's that asks a variable of this kind for plain numbers; ""
    if none asks."""
    frames = _frames_of_library()
    if not frames or _package(frames[0]) != "scipy":
        return ""
    name = _name_of(frames)
    return (
        f"{name}: a {kind} does not turn into plain numbers, its graph would be lost. "
        f"{_instead(name)}Where a constant is meant, give x.detach()"
    )


def by_whom() -> str:
    """The function of an installed library that asks, for an error; "" if none does."""
    frames = _frames_of_library()
    return f" (asked for by {_name_of(frames)})" if frames else ""


def by_library_that_leaves_it(kind: str) -> bool:
    """Whether SciPy asks what a variable is to leave the operation to it, as in A @ t of a sparse
    A.

    Raises:
        TypeError: if a function of SciPy's asks that cannot compute with an array of variables.
    """
    if not is_scipys(frame := _numpys_caller(sys._getframe(1))):
        return False
    if by_sparse_matrix(frame):
        return True
    frames = _frames_of_library()
    name = _name_of(frames)
    part, function = _split(name)
    if function.partition(".")[0] in _ARITHMETIC_ALONE.get(part, ()):
        return False
    modules = [f"scipy.{part}", *map(_module, frames)]
    if any(module.startswith(_PLAIN_ONLY) for module in modules) or _namesake(name):
        raise TypeError(words(kind))
    return False


def by_sparse_matrix(frame: FrameType | None = None) -> bool:
    """Whether a sparse matrix of SciPy's asks: one without axes, it leaves a product to."""
    frame = frame or _numpys_caller(sys._getframe(1))
    return is_scipys(frame) and frame.f_code.co_name == "_matmul_dispatch"  # type: ignore[union-attr]


def is_scipys(frame: FrameType | None) -> bool:
    """Whether the code of a frame is SciPy's."""
    return frame is not None and _module(frame).startswith("scipy.")


def _split(name: str) -> tuple[str, str]:
    """The part of SciPy, and what it is called there: `sparse.linalg`, `cg`."""
    parts = name.split(".")[1:]
    count = 1
    while count < len(parts) - 1 and ".".join(["scipy", *parts[: count + 1]]) in sys.modules:
        count += 1
    return ".".join(parts[:count]), ".".join(parts[count:])


# ---------------------------------------------------------------- who asks


def _package(frame: FrameType | None) -> str:
    """The package in which the code of a frame stands, if it is an installed one."""
    if frame is None or not any(
        part in frame.f_code.co_filename for part in ("site-packages", "dist-packages")
    ):
        return ""
    name = _module(frame).partition(".")[0]
    return "" if name == "autograd_lite" else name


def _numpys_caller(frame: FrameType | None) -> FrameType | None:
    """The frame that called NumPy, or us."""
    while frame is not None and _is_numpys_or_ours(frame):
        frame = frame.f_back
    return frame


def _is_numpys_or_ours(frame: FrameType) -> bool:
    return _module(frame).startswith(("numpy.", "autograd_lite.engine."))


def _module(frame: FrameType) -> str:
    return frame.f_globals.get("__name__") or ""


def _frames_of_library() -> list[FrameType]:
    """The frames of the installed library that asks, the innermost first; [] if none does."""
    frame = _numpys_caller(sys._getframe(1))
    package, found = _package(frame), []
    while package and frame is not None and (_package(frame) == package or _is_numpys(frame)):
        if _package(frame) == package:
            found.append(frame)
        frame = frame.f_back
    return found


def _is_numpys(frame: FrameType) -> bool:
    return _package(frame) == "numpy"


def _name_of(frames: list[FrameType]) -> str:
    """The function that was called, as users know it: `scipy.stats.norm.logpdf`."""
    for frame in reversed(frames):
        for name in _candidates(frame):
            return name
    outer = frames[-1]
    return f"{_public(_module(outer))} ({outer.f_code.co_name})"


def _candidates(frame: FrameType) -> Iterator[str]:
    """The public names that the code of a frame may be known by."""
    code, module = frame.f_code, _public(_module(frame))
    # a decorated function: what it decorates is in the cells of the wrapper
    wrapped = [frame.f_locals.get(cell) for cell in code.co_freevars]
    if code.co_varnames[:1] == ("self",):
        x = frame.f_locals["self"]
        names = [code.co_name, *(getattr(f, "__name__", "") for f in wrapped)]
        yield from (_name_of_method(module, x, name) for name in names if hasattr(x, name or "-"))
    for name, place in (
        (code.co_name, module),
        *((getattr(f, "__name__", ""), _public(getattr(f, "__module__", ""))) for f in wrapped),
    ):
        if name and callable(getattr(sys.modules.get(place), name, None)):
            yield f"{place}.{name}"


def _name_of_method(module: str, x: Any, method: str) -> str:
    x = getattr(x, "dist", x)  # a distribution with its parameters
    cls = type(x)
    name = cls.__name__.removesuffix("_gen").removesuffix("_frozen")
    module = _public(cls.__module__) or module
    return f"{module}.{name}" if method.startswith("__") else f"{module}.{name}.{method}"


def _public(module: Any) -> str:
    """The module that users import, of one with underscores."""
    parts = str(module).split(".")
    hidden = next((i for i, part in enumerate(parts) if part.startswith("_")), len(parts))
    return ".".join(parts[:hidden])


# ---------------------------------------------------------------- what to use instead


def _namesake(name: str) -> str:
    """The function of this package that has SciPy's name, or NumPy's that is recorded."""
    module, function = _split(name)
    if f"scipy.{module}" in LATER:
        ours = LATER[f"scipy.{module}"]
        if _attribute(importlib.import_module(ours), function) is not None:
            return f"{ours}.{function}"
    from autograd_lite.engine.numpy_protocol import FUNCTIONS  # which needs what asks this

    numpys = _attribute(getattr(np, module, None), function)
    is_recorded = not isinstance(numpys, type) and numpys in FUNCTIONS
    return f"np.{module}.{function}" if is_recorded else ""


def _attribute(module: Any, path: str) -> Any:
    """What a module has under a public name; None of what it only imports for itself."""
    listed = getattr(module, "__all__", None)
    first, _, rest = path.partition(".")
    if module is None or (listed is not None and first not in listed):
        return None
    found = getattr(module, first, None)
    return getattr(type(found), rest, None) if rest else found


def _instead(name: str) -> str:
    """What to use instead of a function of SciPy's."""
    same = _namesake(name)
    if same:
        return f"{same} takes it and records. "
    module, function = _split(name)
    if module == "sparse":
        return "A @ x and x @ A of a sparse A are recorded; for all else there is A.toarray(). "
    if f"scipy.{module}" not in LATER:
        return "It has no rule for a derivative. "
    import difflib  # for an error

    ours = LATER[f"scipy.{module}"]
    listed = importlib.import_module(ours).__all__
    alike = difflib.get_close_matches(function.split(".")[0], listed, 3, 0.3)
    return (
        "It has no rule for a derivative; the nearest that have one are "
        f"{', '.join(f'{ours}.{x}' for x in alike) or f'in {ours}'}. "
    )
