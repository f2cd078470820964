"""Programs of numbers as functions in machine code that Python calls like its own."""

from __future__ import annotations

from collections.abc import Callable

from autograd_lite.program.native.calls import builtin
from autograd_lite.program.native.llvm import Memory, parts_of_code
from autograd_lite.program.native.lower import Code, lowered
from autograd_lite.program.native.machine import Loaded
from autograd_lite.program.straight import StraightLine

_CHECK = """
define internal i32 @has_nan(ptr %from, i64 %count) noinline {
start:
  %blocks = and i64 %count, -8
  br label %next
next:
  %i = phi i64 [ 0, %start ], [ %j, %block ]
  %before = phi <8 x i1> [ zeroinitializer, %start ], [ %after, %block ]
  %more = icmp ult i64 %i, %blocks
  br i1 %more, label %block, label %rest
block:
  %place = getelementptr double, ptr %from, i64 %i
  %x = load <8 x double>, ptr %place, align 8
  %nan = fcmp uno <8 x double> %x, zeroinitializer
  %after = or <8 x i1> %before, %nan
  %j = add nuw i64 %i, 8
  br label %next
rest:
  %all = bitcast <8 x i1> %before to i8
  %found = icmp ne i8 %all, 0
  br label %one
one:
  %k = phi i64 [ %i, %rest ], [ %l, %single ]
  %so_far = phi i1 [ %found, %rest ], [ %now, %single ]
  %left = icmp ult i64 %k, %count
  br i1 %left, label %single, label %end
single:
  %at = getelementptr double, ptr %from, i64 %k
  %y = load double, ptr %at, align 8
  %bad = fcmp uno double %y, 0.0
  %now = or i1 %so_far, %bad
  %l = add nuw i64 %k, 1
  br label %one
end:
  %z = zext i1 %so_far to i32
  ret i32 %z
}
"""


def native_function(line: StraightLine, checked: range = range(0)) -> Callable[..., tuple[float]]:
    """A function of numbers that returns the tuple of the outputs of a straight line.

    Args:
        line: the straight line.
        checked: outputs, of which none may be nan.

    Raises:
        FloatingPointError: when it is called, if one of them is.
        NotStraight: if an expression has no counterpart in machine code.

    >>> from autograd_lite.engine.primitive import PRIMITIVES
    >>> from autograd_lite.program.straight import straight_line
    >>> native_function(straight_line(PRIMITIVES["divide"]))(1.0, 4.0)
    (0.25, 0.25, -0.0625)
    """
    code = lowered(line)
    source, live = llvm_of_numbers(code, checked)
    loaded = Loaded(source, level_for(code))
    return builtin(loaded, loaded.address("run"), line.inputs, len(code.outputs), live)


def level_for(code: Code) -> int:
    """How much LLVM is to do: less for long programs."""
    size = len(code.ops)
    return 2 if size <= 3000 else 1 if size <= 15000 else 0


def llvm_of_numbers(code: Code, checked: range = range(0)) -> tuple[str, int]:
    """The module of `run(in, out, live)`, which returns whether a checked output is nan, and how
    many numbers there must be room for in `live`."""
    parts = parts_of_code(code, 1, _MEMORY)
    calls = [f"call void @{name}(ptr %in, ptr %out, ptr %live)" for name in parts.names]
    main = [
        "define i32 @run(ptr noalias %in, ptr noalias %out, ptr noalias %live) nounwind {",
        *(f"  {call}" for call in calls),
        f"  %from = getelementptr double, ptr %out, i64 {checked.start}",
        f"  %found = call i32 @has_nan(ptr %from, i64 {len(checked)})",
        "  ret i32 %found",
        "}",
    ]
    return "\n".join([*parts.definitions, *parts.functions, _CHECK, *main]), parts.live


def _load(name: str, i: int) -> list[str]:
    place = f"%in{i}"
    return [
        f"{place} = getelementptr double, ptr %in, i64 {i}",
        f"{name} = load double, ptr {place}, align 8",
    ]


def _store(kind: str, name: str, i: int) -> list[str]:
    return [
        f"%out{i} = getelementptr double, ptr %out, i64 {i}",
        f"store double {name}, ptr %out{i}, align 8",
    ]


_MEMORY = Memory("ptr noalias readonly %in, ptr noalias %out", _load, _store)
