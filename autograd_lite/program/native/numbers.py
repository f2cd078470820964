"""Programs of numbers as functions in machine code that Python calls like its own."""

from __future__ import annotations

from collections.abc import Callable

from autograd_lite.program.native.calls import builtin
from autograd_lite.program.native.llvm import Memory, parts_of_code
from autograd_lite.program.native.lower import Code, lowered
from autograd_lite.program.native.machine import Loaded
from autograd_lite.program.straight import StraightLine

_CHECK = """
define internal i32 @has_nan(ptr %from, i64 %count) alwaysinline {
start:
  %none = icmp eq i64 %count, 0
  br i1 %none, label %end, label %next
next:
  %i = phi i64 [ 0, %start ], [ %j, %next ]
  %before = phi i32 [ 0, %start ], [ %after, %next ]
  %place = getelementptr double, ptr %from, i64 %i
  %x = load double, ptr %place, align 8
  %nan = fcmp uno double %x, 0.0
  %bit = zext i1 %nan to i32
  %after = or i32 %before, %bit
  %j = add nuw i64 %i, 1
  %more = icmp ult i64 %j, %count
  br i1 %more, label %next, label %end
end:
  %found = phi i32 [ 0, %start ], [ %after, %next ]
  ret i32 %found
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
    return 2 if len(code.ops) <= 5000 else 1


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
