"""Elementary functions of our own: within 2 ulp, right at special values, the same everywhere."""

from __future__ import annotations

import ctypes
import functools
import importlib
import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special

from autograd_lite.program.native.mathematics_c import PRELUDE
from autograd_lite.program.native.mathematics_c import definition as c_definition
from autograd_lite.program.native.mathematics_llvm import definition as llvm_definition
from autograd_lite.program.native.mathematics_numpy import call
from autograd_lite.program.native.mathematics_table import FUNCTIONS

EXTENDED = np.finfo(np.longdouble).nmant >= 63
"""Whether NumPy has floats of more than 53 bits, whose functions are precise enough to compare
many points with."""

SEVERAL = 20_000 if EXTENDED else 2_000
ULPS = {
    **{"sinh": 1.1, "tanh": 1.1, "atanh": 1.2, "hypot": 1.2, "asinh": 1.3, "expm1": 1.3},
    **{"atan2": 1.5, "erfc": 1.7, "acosh": 1.8},
}
"""The greatest error in units in the last place; 1 for those that are not named."""

ULPS_OF_FLOAT32 = 1.2
"""The same for what is computed in float32."""

NUMPY = {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "pow": "power",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
}

Points = tuple[np.ndarray[Any, Any], ...]


def powers(low: float, high: float, sign: bool = True) -> Callable[..., np.ndarray[Any, Any]]:
    """Numbers whose exponents are drawn, of both signs."""

    def draw(rng: np.random.Generator, n: int) -> np.ndarray[Any, Any]:
        size = np.exp2(rng.uniform(low, high, n))
        return size * rng.choice([-1.0, 1.0], n) if sign else size

    return draw


def between(low: float, high: float) -> Callable[..., np.ndarray[Any, Any]]:
    return lambda rng, n: rng.uniform(low, high, n)


def near_one(low: float) -> Callable[..., np.ndarray[Any, Any]]:
    return lambda rng, n: 1 + powers(low, -1)(rng, n)


def multiples(of: float, most: int) -> Callable[..., np.ndarray[Any, Any]]:
    """The floats at whole multiples of a number, where a reduced argument cancels."""
    return lambda rng, n: rng.integers(-most, most, n) * of


_ANGLES = [
    (between(-4, 4),),
    (between(-1e5, 1e5),),
    (powers(-1074, 19.9),),
    (multiples(np.pi / 2, 600_000),),
    (multiples(np.pi / 4, 600_000),),
    (powers(20, 1023),),
]
_POSITIVE = [(powers(-1074, 1024, False),), (between(0.5, 2),), (near_one(-52),)]
_UNIT = [
    (between(-1, 1),),
    (powers(-1074, 0),),
    (lambda rng, n: 1 - powers(-53, -1, False)(rng, n),),
]

RANGES: dict[str, list[tuple[Callable[..., np.ndarray[Any, Any]], ...]]] = {
    "exp": [(between(-745, 709.7),), (between(-1, 1),), (multiples(np.log(2) / 2, 2000),)],
    "exp2": [(between(-1074, 1023.9),), (between(-1, 1),), (multiples(0.5, 2000),)],
    "expm1": [(between(-60, 709.7),), (between(-1.5, 1.5),), (powers(-1074, 9),)],
    "sinh": [(between(-710, 710),), (between(-3, 3),), (powers(-1074, 9),)],
    "cosh": [(between(-710, 710),), (between(-3, 3),), (powers(-1074, 9),)],
    "tanh": [(between(-23, 23),), (between(-1, 1),), (powers(-1074, 5),)],
    "log": _POSITIVE,
    "log2": _POSITIVE,
    "log10": _POSITIVE,
    "log1p": [(powers(-1074, 1023, False),), (between(-0.9999, 3),), (powers(-1074, -0.001),)],
    "sin": _ANGLES,
    "cos": _ANGLES,
    "tan": _ANGLES,
    "asin": _UNIT,
    "acos": _UNIT,
    "atan": [(between(-4, 4),), (powers(-1074, 1023),)],
    "atan2": [(between(-1, 1), between(-1, 1)), (powers(-1074, 1023), powers(-1074, 1023))],
    "hypot": [(powers(-1074, 1022), powers(-1074, 1022)), (between(-4, 4), between(-4, 4))],
    "cbrt": [(powers(-1074, 1023),), (between(-8, 8),)],
    "pow": [
        (powers(-10, 10, False), between(-100, 100)),
        (powers(-1074, 1023, False), between(-1, 1)),
        (near_one(-52), powers(-5, 50)),
        (between(-9, 9), lambda rng, n: rng.integers(-30, 30, n).astype(float)),
    ],
    "erf": [(between(-7, 7),), (between(-1.3, 1.3),), (powers(-1074, 3),)],
    "erfc": [(between(-7, 27.3),), (between(-1.3, 2),), (powers(-1074, 3),)],
    "asinh": [(between(-4, 4),), (powers(-1074, 1023),)],
    "acosh": [(between(1, 8),), (powers(0, 1023, False),), (near_one(-52),)],
    "atanh": _UNIT,
}


def drawn(name: str, i: int, n: int) -> Points:
    """Points of a range of a function."""
    rng = np.random.default_rng(zlib.crc32(name.encode()) + i)
    return tuple(draw(rng, n) for draw in RANGES[name][i])


def numpy_function(name: str) -> Callable[..., Any]:
    known = getattr(np, NUMPY.get(name, name), None)
    return known if known is not None else getattr(scipy.special, name)  # type: ignore[no-any-return]


def mpmath_function(name: str) -> Callable[..., Any]:
    own = {
        "exp2": lambda x: mpmath.power(2, x),
        "log2": lambda x: mpmath.log(x, 2),
        "log10": lambda x: mpmath.log(x, 10),
        "pow": mpmath.power,
        "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    }
    return own.get(name) or getattr(mpmath, name)  # type: ignore[no-any-return]


@functools.cache
def exactly(name: str, i: int, n: int) -> np.ndarray[Any, Any]:
    """The true values as sums of two floats, by mpmath; nan where the function is not real."""
    function = mpmath_function(name)
    with mpmath.workprec(160):
        pairs = []
        for row in zip(*drawn(name, i, n), strict=True):
            true = function(*(mpmath.mpf(float(x)) for x in row))
            high = float(true) if isinstance(true, mpmath.mpf) else float("nan")
            finite = abs(high) < float("inf")
            pairs.append((high, float(true - high) if finite else 0.0))
    return np.array(pairs).T


def closely(name: str, i: int, n: int) -> np.ndarray[Any, Any]:
    """The true values as sums of two floats, by extended precision."""
    with np.errstate(all="ignore"):
        true = numpy_function(name)(*(x.astype(np.longdouble) for x in drawn(name, i, n)))
        high = true.astype(float)
        low = np.where(np.isfinite(high), true - high, 0).astype(float)
    return np.array([high, low])


def ulps(got: np.ndarray[Any, Any], true: np.ndarray[Any, Any]) -> float:
    """The greatest error in units of the last place; infinities and nan must be the same."""
    high, low = true
    finite = np.isfinite(high)
    assert np.array_equal(got[~finite], high[~finite], equal_nan=True)
    got, high, low = got[finite], high[finite], low[finite]
    return float(np.max(np.abs((got - high) - low) / np.spacing(np.abs(high)), initial=0.0))


EACH = [
    (name, i) for name, ranges in RANGES.items() for i in range(len(ranges)) if name in FUNCTIONS
]
PLATFORM = ("sin", "cos", "tan")


def bound(name: str, i: int) -> float:
    return ULPS.get(name, 1.0) if name not in PLATFORM or i < 5 else 1.5


def test_every_function_has_ranges() -> None:
    assert set(FUNCTIONS) <= set(RANGES)


@pytest.mark.parametrize(("name", "i"), EACH)
def test_float64_within_ulps_of_exact_values(name: str, i: int) -> None:
    n = 400
    assert ulps(call(name, *drawn(name, i, n)), exactly(name, i, n)) <= bound(name, i)


@pytest.mark.skipif(not EXTENDED, reason="the platform has no extended precision")
@pytest.mark.parametrize(("name", "i"), [x for x in EACH if x[0] not in ("erf", "erfc")])
def test_float64_within_ulps_at_many_points(name: str, i: int) -> None:
    assert ulps(call(name, *drawn(name, i, SEVERAL)), closely(name, i, SEVERAL)) <= bound(name, i)


def every_so_many(step: int) -> np.ndarray[Any, Any]:
    """Every so many of all float32, in the order of their bits, and numbers around 0."""
    every = np.arange(0, 2**32, step, np.uint64).astype(np.uint32).view(np.float32)
    return np.concatenate([every, np.linspace(-4, 4, len(every) // 2, dtype=np.float32)])


def ulps_of_float32(name: str, step: int, compute: Callable[..., Any] = call) -> float:
    """The greatest error at many float32; functions of float64 give the true values."""
    x = every_so_many(step)
    x = x[: len(x) // 8 * 8]
    arguments = (x, np.roll(x, 4321)) if FUNCTIONS[name].arity == 2 else (x,)
    with np.errstate(all="ignore"):
        true = numpy_function(name)(*(x.astype(float) for x in arguments))
        high = true.astype(np.float32)
        got = compute(name, *arguments)
        assert got.dtype == np.float32
        finite = np.isfinite(high)
        assert np.array_equal(got[~finite], high[~finite], equal_nan=True)
        error = np.abs(got.astype(float) - true) / np.spacing(np.abs(high)).astype(float)
    return float(np.max(error[finite]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_float32_within_ulps_at_many_points(name: str) -> None:
    has_own = FUNCTIONS[name].single is not None
    assert ulps_of_float32(name, 65_537) <= (ULPS_OF_FLOAT32 if has_own else 0.51)


_TINY, _MOST = float(np.finfo(float).tiny), float(np.finfo(float).max)
_SIZES = [
    *(0.0, 5e-324, 1.5e-323, _TINY, np.nextafter(_TINY, 0), 1e-300, 1e-200, 1e-20, 2.0**-54),
    *(2.0**-27, 1e-8, 0.1, 0.25, 0.4375, 0.5, 0.625, 0.6875, 0.84375, 1.0, np.nextafter(1, 2)),
    *(np.nextafter(1, 0), 1.1875, 1.25, 1.5, 2, 2.4375, 3, np.pi / 4, np.pi / 2, np.pi, 22, 28),
    *(708.3964185322641, 709.782712893384, 709.7827128933841, 710, 710.475860073944),
    *(710.4758600739440, 745.1332191019411, 745.1332191019412, 746, 1022, 1023, 1024, 1073.5),
    *(1074, 1074.5, 1075, 1e5, 1e6, 1e7, 1e16, 1e22, 2.0**52, 2.0**52 + 1, 2.0**52 - 0.5),
    *(2.0**53, 2.0**53 - 1, 1e200, _MOST, np.inf, np.nan),
]  # fmt: skip
SPECIAL = np.array([sign * size for size in _SIZES for sign in (1, -1)])


def grid(name: str, dtype: Any) -> Points:
    with np.errstate(all="ignore"):
        x = SPECIAL.astype(dtype)
    if FUNCTIONS[name].arity == 1:
        return (x,)
    return tuple(a.ravel() for a in np.meshgrid(x, x))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_special_values(name: str, dtype: Any) -> None:
    """Zeros with their signs, infinities, nan, denormals, and where ranges meet."""
    arguments = grid(name, dtype)
    function = numpy_function(name)
    wide = float if name in ("erf", "erfc") else np.longdouble
    with np.errstate(all="ignore"):
        want = function(*(x.astype(wide) for x in arguments)).astype(dtype)
        got = call(name, *arguments)
        nan = np.isnan(want)
        near = (got == want) | (np.abs(got - want) <= 2 * np.spacing(np.abs(want)))
    assert got.dtype == dtype
    assert np.array_equal(np.isnan(got), nan)
    assert np.all(near[~nan])
    assert np.array_equal(np.signbit(got[~nan]), np.signbit(want[~nan]))


def mutants(modules: set[str]) -> list[tuple[str, str, int]]:
    """The numbers in modules: the module, the constant, and which number of it."""
    return [
        (module, name, i)
        for module in sorted(modules)
        for name, value in vars(importlib.import_module(module)).items()
        if name.isupper() and name not in ("LARGE", "TINY")
        for i in range(len(numbers(value)))
    ]


def numbers(value: Any) -> list[float]:
    """The numbers in a constant that are not 1."""
    if isinstance(value, tuple):
        return [x for part in value for x in numbers(part)]
    return [value] if isinstance(value, float) and value != 1.0 else []


def mutated(value: Any, which: int, factor: float) -> Any:
    """A constant with one of its numbers changed by a factor, what is below 1 ulp by a few."""
    if isinstance(value, tuple):
        parts = []
        for part in value:
            count = len(numbers(part))
            parts.append(mutated(part, which, factor) if 0 <= which < count else part)
            which -= count
        return tuple(parts)
    return value + 3e-16 if 1e-19 < abs(value) < 1e-15 else value * factor


def unnoticed(
    modules: dict[str, str],
    factor: float,
    is_spoilt: Callable[[str], bool],
    monkeypatch: pytest.MonkeyPatch,
) -> list[tuple[str, str, int]]:
    """The mutants of which no function of the module is spoilt.

    Args:
        modules: for each function, the module that it is in.
        factor: by which each number is changed.
        is_spoilt: whether a function is wrong.
    """
    left = []
    for place, constant, which in mutants(set(modules.values())):
        module = importlib.import_module(place)
        with monkeypatch.context() as patch:
            patch.setattr(module, constant, mutated(getattr(module, constant), which, factor))
            if not any(is_spoilt(name) for name in modules if modules[name] == place):
                left.append((place, constant, which))
    return left


def test_a_changed_coefficient_of_float64_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_spoilt(name: str) -> bool:
        return any(
            ulps(call(f, *drawn(f, i, 400)), exactly(f, i, 400)) > bound(f, i)
            for f, i in EACH
            if f == name
        )

    modules = {name: function.double.__module__ for name, function in FUNCTIONS.items()}
    left = unnoticed(modules, 1.01, is_spoilt, monkeypatch)
    assert not left, left


def test_a_changed_coefficient_of_float32_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {name: function.single for name, function in FUNCTIONS.items() if function.single}
    modules = {name: function.__module__ for name, function in own.items()}
    left = unnoticed(modules, 1.5, spoilt_float32, monkeypatch)
    assert not left, left


def spoilt_float32(name: str) -> bool:
    try:
        return ulps_of_float32(name, 2_000_003) > ULPS_OF_FLOAT32
    except AssertionError:  # infinite where it should not be
        return True


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("lanes", [1, 4, 8])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_llvm_gives_the_same_bits(name: str, lanes: int, dtype: Any) -> None:
    pytest.importorskip("llvmlite")
    arguments = sample(name, dtype)
    same_bits(run_by_llvm(name, lanes, arguments), call(name, *arguments))


@pytest.mark.parametrize(("name", "i"), EACH)
def test_fused_products_are_as_precise(name: str, i: int) -> None:
    pytest.importorskip("llvmlite")
    n = 400
    got = run_by_llvm(name, 8, drawn(name, i, n), fused=True)
    if i < 5:  # from there on the platform's function is called
        assert ulps(got, exactly(name, i, n)) <= bound(name, i)


@pytest.mark.parametrize("name", [x for x, f in FUNCTIONS.items() if f.single])
def test_fused_products_of_float32_are_as_precise(name: str) -> None:
    pytest.importorskip("llvmlite")

    def fused(name: str, x: Any) -> Any:
        return run_by_llvm(name, 8, (x,), fused=True)

    assert ulps_of_float32(name, 65_537, fused) <= ULPS_OF_FLOAT32


def sample(name: str, dtype: Any) -> Points:
    """Special values and drawn ones, a multiple of 8 in number."""
    drawn_ones = [drawn(name, i, 200) for i in range(len(RANGES[name]))]
    with np.errstate(all="ignore"):
        columns = zip(grid(name, dtype), *drawn_ones, strict=True)
        joined = [np.concatenate(column).astype(dtype) for column in columns]
    if name in PLATFORM:  # NumPy's own sine is not the platform's
        joined = [np.where(np.abs(x) > 1e6, np.inf, x) for x in joined]
    return tuple(x[: len(x) // 8 * 8].astype(dtype) for x in joined)


def same_bits(got: np.ndarray[Any, Any], want: np.ndarray[Any, Any]) -> None:
    assert np.array_equal(got, want, equal_nan=True)
    nan = np.isnan(want)
    assert np.array_equal(np.signbit(got[~nan]), np.signbit(want[~nan]))


def run_by_llvm(
    name: str, lanes: int, arguments: Points, fused: bool = False
) -> np.ndarray[Any, Any]:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    is_single = arguments[0].dtype == np.float32
    element = "float" if is_single else "double"
    kind = element if lanes == 1 else f"<{lanes} x {element}>"
    lines = []
    for i in range(len(arguments)):
        lines.append(f"%p{i} = getelementptr {element}, ptr %x{i}, i64 %i")
        lines.append(f"%v{i} = load {kind}, ptr %p{i}, align 4")
    given = ", ".join(f"{kind} %v{i}" for i in range(len(arguments)))
    taken = ", ".join(f"ptr %x{i}" for i in range(len(arguments)))
    loop = f"""
    define void @run(ptr %out, {taken}, i64 %n) {{
    start:
      br label %next
    next:
      %i = phi i64 [0, %start], [%j, %next]
      {chr(10).join(lines)}
      %z = call {kind} @{name}.{lanes}{".f" if is_single else ""}({given})
      %q = getelementptr {element}, ptr %out, i64 %i
      store {kind} %z, ptr %q, align 4
      %j = add i64 %i, {lanes}
      %more = icmp ult i64 %j, %n
      br i1 %more, label %next, label %end
    end:
      ret void
    }}"""
    module = llvm.parse_assembly(llvm_definition(name, lanes, is_single, fused) + loop)
    target = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2
    )
    engine = llvm.create_mcjit_compiler(module, target)
    engine.finalize_object()
    return filled(engine.get_function_address("run"), arguments)


def filled(address: int, arguments: Points) -> np.ndarray[Any, Any]:
    """What a compiled loop `run(out, x0, …, n)` leaves in its result."""
    result = np.empty_like(arguments[0])
    run = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * (len(arguments) + 1), ctypes.c_int64)(address)
    run(*(x.ctypes.data for x in (result, *arguments)), len(result))
    return result


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_c_gives_the_same_bits(tmp_path: Path) -> None:
    source = [PRELUDE]
    for name, function in FUNCTIONS.items():
        for kind, ending in (("double", ""), ("float", "_f")):
            taken = "".join(f"const {kind} *x{i}, " for i in range(function.arity))
            given = ", ".join(f"x{i}[i]" for i in range(function.arity))
            source.append(c_definition(name, bool(ending)))
            source.append(f"void run_{name}{ending}({kind} *out, {taken}int64_t n) {{")
            source.append(
                f"  for (int64_t i = 0; i < n; i++) out[i] = own_{name}{ending}({given});\n}}"
            )
    (tmp_path / "own.c").write_text("\n".join(source))
    flags = ["-std=c11", "-O2", "-Wall", "-Wno-unknown-pragmas", "-Werror", "-shared", "-fPIC"]
    subprocess.run(["cc", *flags, "own.c", "-o", "own.so", "-lm"], cwd=tmp_path, check=True)
    library = ctypes.CDLL(str(tmp_path / "own.so"))
    for name in FUNCTIONS:
        for dtype, ending in ((np.float64, ""), (np.float32, "_f")):
            arguments = sample(name, dtype)
            address = ctypes.cast(getattr(library, f"run_{name}{ending}"), ctypes.c_void_p).value
            assert address is not None
            same_bits(filled(address, arguments), call(name, *arguments))
