"""C that stands alone: compiled by the C compiler, it gives what Python's floats give."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from test_native import agree, of_list, rows_for
from wild import ELEMENTWISE, SPECIAL, bits

import autograd_lite as al
from autograd_lite.program.native.c import c_source
from autograd_lite.program.trace import guarded_trace, trace
from autograd_lite.testing import programs
from autograd_lite.transforms.trees import leaves_of

CC = shutil.which("cc")
pytestmark = pytest.mark.skipif(CC is None, reason="needs a C compiler (Debian: apt install gcc)")


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("c")


def loaded(folder: Path, source: str, *names: str) -> list[Any]:
    """The functions in a file of C, on sequences of floats."""
    file = folder / f"{len(list(folder.iterdir()))}.c"
    file.write_text(source, "utf-8")
    library = file.with_suffix(".so")
    flags = ["-O2", "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-shared", "-fPIC"]
    assert CC is not None
    subprocess.run([CC, *flags, "-o", str(library), str(file), "-lm"], check=True)
    found = ctypes.CDLL(str(library))
    return [_called(getattr(found, name)) for name in names]


def _called(function: Any) -> Any:
    def call(given: Sequence[float], count: int) -> list[float]:
        out = (ctypes.c_double * (count + 1))()
        function((ctypes.c_double * (len(given) + 1))(*given), out)
        return list(out[:count])

    return call


def source_of(compiled: Any, name: str, *args: Any) -> str:
    """The C of a compiled function for such arguments."""
    compiled(*args)
    one = compiled._of_last()
    return c_source(one.program, name, one.guarded(args, {}))


def test_primitives_and_their_derivatives(folder: Path) -> None:
    """At numbers of every sort, with and without 0·inf; all in one file."""
    sources, compiled = [], []
    for i, primitive in enumerate(ELEMENTWISE):
        f = al.compile(al.value_and_grad(lambda xs, p=primitive: p.function(*xs)))
        compiled.append(f)
        sources.append(source_of(f, f"f{i}", [0.5] * len(primitive.operands)))
    functions = loaded(folder, "\n".join(sources), *(f"f{i}" for i in range(len(sources))))
    for primitive, f, run in zip(ELEMENTWISE, compiled, functions, strict=True):
        count = len(primitive.operands)
        for row in rows_for(count, 600)[::3]:
            wanted = leaves_of(f(row))
            assert agree(run(row, count + 1), wanted, f.source), (primitive.name, row)


@settings(max_examples=15, deadline=None)
@given(drawn=st.lists(programs("values"), min_size=3, max_size=3), data=st.data())
def test_random_programs(drawn: Any, data: Any, tmp_path_factory: Any) -> None:
    sources, compiled = [], []
    for i, program in enumerate(drawn):
        f = al.compile(of_list(program)).value_and_grad
        compiled.append(f)
        sources.append(source_of(f, f"f{i}", list(program.inputs.values())))
    names = [f"f{i}" for i in range(len(drawn))]
    functions = loaded(tmp_path_factory.mktemp("c"), "\n".join(sources), *names)
    for program, f, run in zip(drawn, compiled, functions, strict=True):
        inputs = list(program.inputs.values())
        rows = [inputs] + [[data.draw(st.sampled_from(SPECIAL)) for _ in inputs] for _ in range(3)]
        for row in rows:
            wanted = leaves_of(f(row))
            assert agree(run(row, len(wanted)), wanted, f.source), (row, wanted)


def test_the_guarded_program_runs_where_the_other_gives_nan(folder: Path) -> None:
    f = al.compile(lambda x: np.where(x > 0.0, np.sqrt(x), 0.0)).value_and_grad
    assert f(0.0) == (0.0, 0.0)
    source = source_of(f, "root", 0.0)
    assert "root_guarded(in, out)" in source
    (run,) = loaded(folder, source, "root")
    for x in SPECIAL:
        assert [bits(y) for y in run([x], 2)] == [bits(y) for y in f(x)]
    one = f._of_last()
    both = c_source(one.program, "a") + c_source(one.guarded((0.0,), {}), "b")
    fast, slow = loaded(folder, both, "a", "b")
    assert [str(y) for y in fast([0.0], 2)] == ["0.0", "nan"]
    assert slow([0.0], 2) == [0.0, 0.0]


# ---------------------------------------------------------------- how it reads


def test_a_layer_reads_as_it_was_written() -> None:
    def layer(w: Any, x: Any) -> Any:
        z1 = w[0] * x[0] + w[1] * x[1]
        return np.maximum(z1, 0.0) - 1.5

    compiled = al.compile(layer)
    compiled([1.0, 2.0], [3.0, 4.0])
    assert (
        c_source(compiled.program, "layer")
        == """\
#include <math.h>

// in: w0, w1, x0, x1
// out: t4
void layer(const double *in, double *out)
{
    const double w0 = in[0];
    const double w1 = in[1];
    const double x0 = in[2];
    const double x1 = in[3];
    // z1 = w[0] * x[0] + w[1] * x[1]
    const double t1 = w0 * x0;
    const double t2 = w1 * x1;
    const double z1 = t1 + t2;
    // return np.maximum(z1, 0.0) - 1.5
    const double t3 = (z1 > 0.0) || (z1 != z1) ? z1 : 0.0;
    const double t4 = t3 - 1.5;
    out[0] = t4;
}
"""
    )


def test_names_that_mean_something_in_c(folder: Path) -> None:
    def f(exp: Any, in_: Any, double: Any, y0: Any, σ: Any, us03c3: Any) -> Any:
        int = np.exp(exp) * in_ + double
        NAN = int / y0 + float("nan") * 0.0
        void_1 = np.logaddexp(σ, us03c3) + np.remainder(σ, NAN)
        return void_1 - int  # \

    given = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    compiled = al.compile(f)
    (run,) = loaded(folder, _c(compiled, given), "f")
    assert agree(run(given, 1), [compiled(*given)], "exp")


def _c(compiled: Any, given: Any) -> str:
    compiled(*given)
    return c_source(compiled.program, "f")


def test_outputs_of_every_kind(folder: Path) -> None:
    """An input, a constant, a truth value, the same thing twice."""
    inf = float("inf")
    compiled = al.compile(lambda x, y: (x, 2, -inf, float("nan"), x > y, -0.0, x * y, x * y, -x))
    source = _c(compiled, (1.0, 2.0))
    (run,) = loaded(folder, source, "f")
    for row in ((1.0, 2.0), (-0.0, inf)):
        assert [bits(x) for x in run(row, 9)] == [bits(x) for x in compiled(*row)]


def test_comments_cannot_take_in_code(folder: Path) -> None:
    def f(x: Any) -> Any:
        y = (
            {"*/": x, "\\": 2.0}["*/"]
            * {"??/": x}["??/"]
            * len("..............\\\\\\\\\\\\\\\\\\\\\\\\\\\\")
        )
        return y

    compiled = al.compile(f)
    (run,) = loaded(folder, _c(compiled, (3.0,)), "f")
    assert run([3.0], 1) == [f(3.0)]


@pytest.mark.parametrize("name", ["exp", "double", "2f", "f g", "ü", ""])
def test_a_name_that_no_function_can_have(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a function"):
        c_source(trace(lambda v: [v[0] * 2.0], [1.0]), name)


def test_arrays_are_refused() -> None:
    with pytest.raises(TypeError, match="is an array"):
        c_source(trace(lambda v: [v[0] * 2.0], [np.ones(2)]), "f")


def test_the_same_from_traces_that_guard() -> None:
    """Without 0·inf there is one function, which is not called `guarded`."""
    program = trace(lambda v: [v[0] + 1.0], [1.0])
    again = guarded_trace(lambda v: [v[0] + 1.0], [1.0])
    assert c_source(program, "f", again) == c_source(program, "f")
