"""A program over rows gives what it gives for each of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_native import agree, of_list
from wild import SPECIAL

import autograd_lite as al
from autograd_lite.program.trace import trace
from autograd_lite.testing import programs

pytest.importorskip("llvmlite", reason='needs llvmlite (pip install "autograd_lite[native]")')

from autograd_lite.program.native import cache, llvm
from autograd_lite.program.native.machine import lanes
from autograd_lite.program.native.rows import native_over_rows


@pytest.fixture(scope="module", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


WIDTH = lanes()
COUNTS = (0, 1, WIDTH - 1, WIDTH, WIDTH + 1, 3 * WIDTH, 5 * WIDTH - 1)


@settings(max_examples=40, deadline=None)
@given(programs("values"), st.sampled_from(COUNTS), st.data())
def test_random_programs(program: Any, n: int, data: Any) -> None:
    """Value and gradient of each row; shared inputs, and sums."""
    f = al.compile(of_list(program)).value_and_grad
    inputs = list(program.inputs.values())
    f(inputs)
    count = len(inputs)
    shared = data.draw(st.sets(st.integers(0, count - 1), max_size=count - 1))
    draw = np.random.default_rng(n)
    columns = [x if i in shared else draw.uniform(0.5, 1.5, n) for i, x in enumerate(inputs)]
    summed = data.draw(st.sets(st.integers(0, count)))
    program_of_numbers = f._of_last().guarded((inputs,), {})
    length = data.draw(st.sampled_from([3, 1000]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llvm, "LENGTH", length)
        over = native_over_rows(program_of_numbers, shared, summed)
    rows, sums = over(columns)
    wanted = np.empty((count + 1, n))
    for i in range(n):
        value, gradient = f([x if j in shared else x[i] for j, x in enumerate(columns)])
        wanted[:, i] = [value, *gradient]
    kept = [i for i in range(count + 1) if i not in summed]
    assert agree(rows.reshape(-1).tolist(), wanted[kept].reshape(-1).tolist(), f.source)
    np.testing.assert_allclose(sums, wanted[sorted(summed)].sum(axis=1), rtol=1e-9, atol=1e-9)


def test_numbers_of_every_sort() -> None:
    x = np.repeat(SPECIAL, len(SPECIAL))
    y = np.tile(SPECIAL, len(SPECIAL))

    def f(v: Any) -> list[Any]:
        a, b = v
        c = np.minimum(a, b) / np.maximum(-a, b * b)
        return [c, np.where((a > b) | (c != c), c - a, np.abs(b)), np.copysign(a, b), a > b]

    rows, _ = native_over_rows(trace(f, [1.0, 2.0]))([x, y])
    with np.errstate(all="ignore"):
        wanted = np.array([np.asarray(z, float) for z in f([x, y])])
    assert agree(rows.reshape(-1).tolist(), wanted.reshape(-1).tolist(), "")


def test_a_matrix_and_threads() -> None:
    program = trace(lambda v: [np.exp(v[0]) * v[1], v[2] + v[0], v[1]], [1.0, 2.0, 3.0])
    over = native_over_rows(program, summed=[1])
    matrix = np.random.default_rng(0).uniform(-1, 1, (3, 100 * WIDTH + 3))
    rows, sums = over(matrix)
    assert rows.shape == (2, matrix.shape[1])
    assert sums[0] == pytest.approx((matrix[2] + matrix[0]).sum(), abs=1e-12)
    for same in (matrix, np.asfortranarray(matrix), list(matrix), list(matrix.T.copy().T)):
        for threads in (1, 2, 3, 1000):
            again, sums_again = over(same, threads=threads)
            assert np.array_equal(again, rows)
            assert sums_again == pytest.approx(sums, abs=1e-12)
    single = np.float32(matrix)
    assert np.array_equal(over(single)[0], over(np.float64(single))[0])


def test_what_does_not_fit_is_refused() -> None:
    over = native_over_rows(trace(lambda v: [v[0] * v[1]], [1.0, 2.0]), shared=[1])
    with pytest.raises(ValueError, match="2 inputs are needed, not 1"):
        over([np.ones(3)])
    with pytest.raises(ValueError, match="a number"):
        over([np.ones(3), np.ones(3)])
    with pytest.raises(ValueError, match="of one length"):
        over([1.0, 2.0])
    over = native_over_rows(trace(lambda v: [v[0] * v[1]], [1.0, 2.0]))
    with pytest.raises(ValueError, match="of one length"):
        over([np.ones(3), np.ones(4)])
    assert native_over_rows(trace(lambda v: [2.0], [1.0]), shared=[0])([1.0])[0] == [[2.0]]


# ---------------------------------------------------------------- the cache


def test_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = []

    def make() -> bytes:
        made.append(1)
        return b"code" * 100

    assert [cache.kept("a", make) for _ in range(3)] == [b"code" * 100] * 3
    assert len(made) == 1
    (file,) = (tmp_path / "autograd_lite").iterdir()
    whole = file.read_bytes()
    flipped = whole[:-1] + bytes([whole[-1] ^ 1])
    for spoilt in (b"", whole[:20], whole[:-1], flipped, b"x" * 500):
        file.write_bytes(spoilt)
        assert cache.kept("a", make) == b"code" * 100
        assert file.read_bytes() == whole
    assert len(made) == 6
    cache.kept("b", make)
    assert len(made) == 7


def test_files_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was written for something else, and folders and links in the place of one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "autograd_lite"
    cache.kept("a", lambda: b"a")
    (first,) = folder.iterdir()
    cache.kept("b", lambda: b"b")
    (second,) = (x for x in folder.iterdir() if x != first)
    second.write_bytes(first.read_bytes())
    assert [cache.kept("b", lambda: b"b") for _ in range(2)] == [b"b", b"b"]
    second.unlink()
    second.mkdir()
    assert cache.kept("b", lambda: b"b") == b"b"
    assert sorted(folder.iterdir()) == sorted([first, second])  # no file is left half-way


HALF = """
import os, sys
from autograd_lite.program.native import cache

class Half:
    def __init__(self, handle, mode):
        self.handle = handle
    def __enter__(self):
        return self
    def __exit__(self, *error):
        pass
    def write(self, content):
        os.write(self.handle, content[: len(content) // 2])
        print("half", flush=True)
        sys.stdin.read()

cache.os.fdopen = Half
cache.kept("a", lambda: b"code" * 1000)
"""


def test_a_process_that_dies_while_it_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HALF], **pipes) as process:
        assert process.stdout.readline().strip() == b"half"
        process.kill()
    (left,) = (tmp_path / "autograd_lite").iterdir()
    assert 0 < left.stat().st_size < 4000
    assert [cache.kept("a", lambda: b"code" * 1000) for _ in range(2)] == [b"code" * 1000] * 2
    monkeypatch.setattr(cache, "MOST", 4100)
    monkeypatch.setattr(cache, "TIDIED", 1)
    cache.kept("c", lambda: b"c")
    assert not left.exists()


MANY = """
from autograd_lite.program.native.machine import Loaded

def size():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4

def compiled(i):
    lines = [f"%y{k + 1} = fadd double %y{k}, {i}.{k}" for k in range(100)]
    lines = ["define double @f(double %y0) {", *lines, "ret double %y100", "}"]
    Loaded("\\n".join(lines), 2, keep=False)

for i in range(50):
    compiled(i)
before = size()
for i in range(100):
    compiled(50 + i)
print(size() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux for the memory")
def test_what_is_compiled_is_freed() -> None:
    """A hundred functions leave less than one and a half megabytes; they left five."""
    done = subprocess.run([sys.executable, "-c", MANY], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1500


def test_a_folder_that_cannot_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert [cache.kept("a", lambda: b"1") for _ in range(2)] == [b"1", b"1"]


def test_the_cache_does_not_grow_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cache, "MOST", 20_000)
    monkeypatch.setattr(cache, "TIDIED", 1)
    for i in range(100):
        cache.kept(str(i), lambda: bytes(1000))
    assert 15_000 < sum(x.stat().st_size for x in (tmp_path / "autograd_lite").iterdir()) <= 20_000


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    code = (
        "import autograd_lite as al\n"
        "for i in range(20):\n"
        "    f = al.compile(lambda x: al.tanh(x) * float(i), backend='native')\n"
        "    assert f(0.0) == 0.0\n"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    running = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert all(x.suffix == ".o" for x in (tmp_path / "autograd_lite").iterdir())
