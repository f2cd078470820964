"""Machine code gives what Python's floats give, and is freed with what holds it."""

from __future__ import annotations

import gc
import itertools
import math
import random
import re
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wild import ELEMENTWISE, SPECIAL, bits, declared, general, ulps

import autograd_lite as al
from autograd_lite.engine.floats import float_function, forget_float_function
from autograd_lite.program.scalars import straight_line_of
from autograd_lite.program.straight import NotStraight, straight_line
from autograd_lite.testing import programs
from autograd_lite.transforms.trees import leaves_of

pytest.importorskip("llvmlite", reason='needs llvmlite (pip install "autograd_lite[native]")')

from autograd_lite.program.native import calls, llvm, numbers
from autograd_lite.program.native.lower import lowered
from autograd_lite.program.native.machine import Loaded
from autograd_lite.program.native.numbers import native_function


@pytest.fixture(scope="module", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def rows_for(count: int, most: int = 1200) -> list[list[float]]:
    """Numbers of every sort: all pairs of special ones, and random patterns of bits."""
    draw = random.Random(count)
    rows = [list(row) for row in itertools.product(SPECIAL, repeat=min(count, 2))]
    while len(rows) < most:
        rows.append([struct.unpack("<d", draw.randbytes(8))[0] for _ in range(count)])
        rows.append([draw.uniform(-3.0, 3.0) for _ in range(count)])
    return [[*row, *(draw.choice(SPECIAL) for _ in range(count - len(row)))] for row in rows]


def apart(x: float, y: float) -> float:
    """How many floats lie between two of them; a zero is far from that of the other sign."""
    return ulps(x, y) if x or y or bits(x) == bits(y) else math.inf


CALLS = re.compile(r"\b(exp|log|pow|sin|cos|tan|a?sinh?|a?tanh?|a?cosh?|atan2|hypot|erf|cbrt)")


def agree(got: Any, wanted: Any, source: str) -> bool:
    """Whether the numbers are the same to the last bit; nearly, where functions are called that
    other code computes than Python's."""
    most = 0 if not CALLS.search(source) else 4
    pairs = list(zip(leaves_of(got), leaves_of(wanted), strict=True))
    scale = max((abs(w) for _, w in pairs if math.isfinite(w)), default=1.0)
    return all(
        apart(g, w) <= most or (most and g != w and abs(g - w) <= 1e-12 * max(1.0, scale))
        for g, w in pairs
    )


def of_list(program: Any) -> Any:
    """A function of the list of the inputs of a program."""
    return lambda inputs: program(*inputs)


# ---------------------------------------------------------------- what it computes


@pytest.mark.parametrize("primitive", ELEMENTWISE, ids=lambda p: p.name)
def test_a_primitive_and_its_derivatives(primitive: Any) -> None:
    line = straight_line(primitive)
    function = native_function(line)
    calls = any(op[0] == "call" and op[1] not in EXACT for op in lowered(line).ops)
    for row in rows_for(len(primitive.operands)):
        for got, wanted in zip(function(*row), general(primitive, row), strict=True):
            assert apart(got, wanted) <= (4 if calls else 0), (row, got, wanted)


EXACT = ("fabs", "sqrt", "copysign", "fmod", "nextafter")


@settings(max_examples=100, deadline=None)
@given(programs("values"))
def test_random_programs(program: Any) -> None:
    f, inputs = of_list(program), list(program.inputs.values())
    compiled = al.compile(f, backend="native")
    source = al.compile(f)
    wanted = source(inputs)
    assert agree(compiled(inputs), wanted, source.source)
    wanted = source.value_and_grad(inputs)
    got = compiled.value_and_grad(inputs)
    assert agree(got, wanted, source.value_and_grad.source)
    assert all(type(x) is float for x in leaves_of(got))


@settings(max_examples=100, deadline=None)
@given(programs("values"), st.data())
def test_at_the_edges(program: Any, data: Any) -> None:
    """Traced at one point, run at another, where there is 0·inf."""
    f, inputs = of_list(program), list(program.inputs.values())
    compiled = al.compile(f, backend="native").value_and_grad
    source = al.compile(f).value_and_grad
    compiled(inputs), source(inputs)
    others = [data.draw(st.sampled_from(SPECIAL)) for _ in inputs]
    assert agree(compiled(others), source(others), source.source)


@pytest.mark.parametrize("length", [1, 2, 7, 40])
@settings(max_examples=25, deadline=None)
@given(programs("values"))
def test_cut_into_functions(length: int, program: Any) -> None:
    """However short the functions are, what one needs of the others reaches it."""
    f, inputs = of_list(program), list(program.inputs.values())
    compiled = al.compile(f).value_and_grad
    compiled(inputs)
    line = straight_line_of(compiled.program)
    whole = native_function(line)(*inputs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llvm, "LENGTH", length)
        pieces = native_function(line)(*inputs)
    assert list(map(str, pieces)) == list(map(str, whole))


@pytest.mark.parametrize(
    "expression",
    [
        "1 if x else 2", "x and y", "x or y", "not x", "x > y", "(x > y) * 3.0", "0 < x < y <= 2",
        "1.0 if not (x > 0 and y) else -x", "+x - -y", "-(-x)", "x - (y - 1)", "-x * -2.5",
        "inf if x > 0 else -inf", "nan if x != x else pi", "float(x == y)", "(x == y) + (x != y)",
        "max(x, 0.0, y)", "min(x, y, -1)", "(x > 0) & (y > 0) | (x == y)", "1e-320 * x",
        "(x or y) if (x and y) else y", "True + x", "(x > y) == 1.0", "(not x) == (y == y)",
        "x / 3 / y", "(x > 0) if (y > 0) else (x < 0)", "(x > 1) and y", "mod(x, 2.0)", "x ** 2",
        "x ** 3", "-x ** 2", "(x > y) & True", "1 if (x if y > 0 else 0.0) else 2",
    ],
)  # fmt: skip
def test_notation(expression: str) -> None:
    rows = [[x, y] for x in SPECIAL for y in SPECIAL if not (y == 0.0 and "/" in expression)]
    names = {"inf": math.inf, "nan": math.nan, "pi": math.pi, "mod": np.mod}
    with declared(("x", "y"), expression, (0.0, 0.0)) as primitive:
        function = native_function(straight_line(primitive))
        for x, y in rows:
            with np.errstate(all="ignore"):
                operands = {"x": np.float64(x), "y": np.float64(y)}
                if not re.search(r"\*\*|mod", expression):
                    operands = {"x": x, "y": y}
                wanted = float(eval(expression, names, operands))
            assert apart(function(x, y)[0], wanted) <= ("**" in expression), (x, y)


@given(st.floats(), st.sampled_from([0.0, 1.0, 2.0, 3.0, -1.0, 0.5, 4.0]))
def test_powers(x: float, y: float) -> None:
    compiled = al.compile(lambda x: np.power(x, y), backend="native")
    with np.errstate(all="ignore"):
        assert apart(compiled(x), float(np.power(x, y))) <= 2


def test_what_has_no_counterpart_is_refused() -> None:
    float_function("halved", lambda x: x / 2.0)
    float_function("odd", lambda x: x / 2.0, c="no_such_function")
    float_function("third", lambda x: x / 3.0, c="x / 3.0")
    try:
        for name in ("halved", "odd"):
            with (
                declared(("x",), f"{name}(x)", (0.5,)) as primitive,
                pytest.raises(NotStraight, match=r"float_function\(\.\.\., c=|of <math\.h>"),
            ):
                native_function(straight_line(primitive))
        with declared(("x",), "third(x) + third(1.0)", (0.5,)) as primitive:
            assert native_function(straight_line(primitive))(2.0) == (2.0 / 3.0 + 1.0 / 3.0, 0.5)
    finally:
        for name in ("halved", "odd", "third"):
            forget_float_function(name)


def test_constants_of_either_sign() -> None:
    zeros = al.compile(lambda x: (np.copysign(x, 0.0), np.copysign(x, -0.0)), backend="native")
    assert zeros(3.0) == (3.0, -3.0)


def test_whole_numbers_that_no_float_is() -> None:
    with pytest.raises(NotStraight, match="whole number that no float is"):
        numbers.native_function(straight_line_of(_program(lambda x: x + (2**60 + 1), 1.0)))


def _program(f: Any, x: float) -> Any:
    compiled = al.compile(f)
    compiled(x)
    return compiled.program


# ---------------------------------------------------------------- calls


def _both(line: Any, checked: range = range(0)) -> list[Any]:
    """The function as Python calls it best, and as it calls any foreign code."""
    code = lowered(line)
    source, live = numbers.llvm_of_numbers(code, checked)
    loaded = Loaded(source, 0)
    sizes = line.inputs, len(code.outputs), live
    make = calls.builtin, calls._through_ctypes
    return [one(loaded, loaded.address("run"), *sizes) for one in make]


def test_arguments() -> None:
    line = straight_line(al.PRIMITIVES["subtract"])
    for function in _both(line):
        assert function(3, 1.5) == (1.5, 1.0, -1.0)
        assert function(np.float64(3.0), True)[0] == 2.0
        assert function(-1.0, -1)[0] == 0.0
        with pytest.raises(TypeError):
            function(1.0)
        with pytest.raises(TypeError):
            function(1.0, "2.0")
        with pytest.raises(OverflowError):
            function(10**400, 1.0)


def test_what_an_argument_raises_comes_through() -> None:
    class Wrong:
        def __float__(self) -> float:
            raise KeyError("wrong")

    for function in _both(straight_line(al.PRIMITIVES["subtract"])):
        with pytest.raises(KeyError):
            function(Wrong(), 1.0)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 31, 5000])
def test_checked_outputs(count: int) -> None:
    """A nan is found wherever it is, in calls with much room and with little."""
    compiled = al.compile(lambda xs: [2.0 * x for x in xs])
    compiled([1.0] * count)
    line = straight_line_of(compiled.program)
    for function in _both(line, range(count)):
        assert function(*[1.0] * count) == (2.0,) * count
        for place in {0, count // 2, count - 1} if count else ():
            xs = [math.inf] * count
            assert function(*xs) == (math.inf,) * count
            xs[place] = math.nan
            with pytest.raises(FloatingPointError):
                function(*xs)
    for function in _both(line, range(1, count)):
        assert math.isnan(function(math.nan, *[1.0] * (count - 1))[0]) if count else True


def test_from_threads() -> None:
    compiled = al.compile(lambda x: np.tanh(x) ** 3, backend="native").value_and_grad
    wanted = {x: compiled(x) for x in (0.1, 0.2, 0.3, 0.4)}
    wrong = []

    def run(x: float) -> None:
        wrong.extend(x for _ in range(3000) if compiled(x) != wanted[x])

    threads = [threading.Thread(target=run, args=(x,)) for x in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_without_llvmlite() -> None:
    code = (
        "import sys; sys.modules['llvmlite'] = None\n"
        "import autograd_lite as al\n"
        "assert al.compile(lambda x: x * 2.0)(1.0) == 2.0\n"
        "try: al.compile(lambda x: x * 2.0, backend='native')(1.0)\n"
        "except ImportError as error: print(error)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "autograd_lite[native]"' in out.stdout


# ---------------------------------------------------------------- memory


def test_a_program_is_freed() -> None:
    """A thousand programs leave no more memory than a hundred."""
    line = straight_line(al.PRIMITIVES["logaddexp"])

    def some(count: int) -> int:
        for _ in range(count):
            assert native_function(line)(0.0, 0.0)[0] == math.log(2.0)
        gc.collect()
        return _resident()

    before = some(100)
    assert some(900) - before < 2**21


def test_a_call_with_much_room_gives_it_back() -> None:
    count = 20_000
    compiled = al.compile(lambda xs: xs[0] * xs[1])
    compiled([1.0] * count)
    function = native_function(straight_line_of(compiled.program))
    given = [1.0] * count

    def some(count: int) -> int:
        for _ in range(count):
            function(*given)
        return _resident()

    before = some(200)
    assert some(500) - before < 2**23


def _resident() -> int:
    """Bytes of memory that are in use."""
    status = Path("/proc/self/statm")
    if not status.exists():
        pytest.skip("needs /proc")
    return int(status.read_text().split()[1]) * 4096


def test_the_code_lives_as_long_as_the_function() -> None:
    function = native_function(straight_line(al.PRIMITIVES["tanh"]))
    run = function.__call__
    del function
    gc.collect()
    assert run(0.5)[0] == math.tanh(0.5)
