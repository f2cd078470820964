"""Machine code as a function of Python's, called without anything between.

A module of its own, compiled once, takes the numbers out of the arguments, runs a program and makes
the tuple of its results. It uses Python's stable interface alone, and nothing of how Python keeps
its objects: a float is read by PyFloat_AsDouble.
"""

from __future__ import annotations

import ctypes
import functools
import struct
import sys
from collections.abc import Callable
from typing import Any

from autograd_lite.program.native.machine import Loaded

_SOURCE = """
define ptr @call(ptr %self, ptr %args, i64 %count) {
start:
  %table = call ptr %PyBytes_AsString(ptr %self)
  %run = load ptr, ptr %table, align 1
  %p1 = getelementptr i64, ptr %table, i64 1
  %inputs = load i64, ptr %p1, align 1
  %p2 = getelementptr i64, ptr %table, i64 2
  %outputs = load i64, ptr %p2, align 1
  %p3 = getelementptr i64, ptr %table, i64 3
  %size = load i64, ptr %p3, align 1
  %p4 = getelementptr i64, ptr %table, i64 4
  %is_large = load i64, ptr %p4, align 1
  %large = icmp ne i64 %is_large, 0
  %fits = icmp eq i64 %count, %inputs
  br i1 %fits, label %enter, label %misfit
misfit:
  call void %PyErr_SetNone(ptr %PyExc_TypeError)
  ret ptr null
enter:
  br i1 %large, label %far, label %near
near:
  %on_stack = alloca double, i64 %size, align 64
  br label %ready
far:
  %bytes = mul i64 %size, 8
  %on_heap = call ptr %PyMem_Malloc(i64 %bytes)
  %got = icmp ne ptr %on_heap, null
  br i1 %got, label %ready, label %nothing
nothing:
  %no_memory = call ptr %PyErr_NoMemory()
  ret ptr null
ready:
  %in = phi ptr [ %on_stack, %near ], [ %on_heap, %far ]
  %out = getelementptr double, ptr %in, i64 %inputs
  %live = getelementptr double, ptr %out, i64 %outputs
  %no_input = icmp eq i64 %inputs, 0
  br i1 %no_input, label %compute, label %read
read:
  %i = phi i64 [ 0, %ready ], [ %i1, %read_on ]
  %argument_at = getelementptr ptr, ptr %args, i64 %i
  %argument = load ptr, ptr %argument_at, align 8
  %x = call double %PyFloat_AsDouble(ptr %argument)
  %x_at = getelementptr double, ptr %in, i64 %i
  store double %x, ptr %x_at, align 8
  %suspect = fcmp oeq double %x, -1.0
  br i1 %suspect, label %ask, label %read_on
ask:
  %error = call ptr %PyErr_Occurred()
  %fine = icmp eq ptr %error, null
  br i1 %fine, label %read_on, label %failed
read_on:
  %i1 = add nuw i64 %i, 1
  %more = icmp ult i64 %i1, %inputs
  br i1 %more, label %read, label %compute
compute:
  %found = call i32 %run(ptr %in, ptr %out, ptr %live)
  %bad = icmp ne i32 %found, 0
  br i1 %bad, label %nan, label %make
nan:
  call void %PyErr_SetNone(ptr %PyExc_FloatingPointError)
  br label %failed
make:
  %tuple = call ptr %PyTuple_New(i64 %outputs)
  %made = icmp ne ptr %tuple, null
  br i1 %made, label %fill, label %failed
fill:
  %no_output = icmp eq i64 %outputs, 0
  br i1 %no_output, label %done, label %put
put:
  %k = phi i64 [ 0, %fill ], [ %k1, %put_on ]
  %y_at = getelementptr double, ptr %out, i64 %k
  %y = load double, ptr %y_at, align 8
  %object = call ptr %PyFloat_FromDouble(double %y)
  %exists = icmp ne ptr %object, null
  br i1 %exists, label %put_on, label %spoilt
spoilt:
  call void %Py_DecRef(ptr %tuple)
  br label %failed
put_on:
  %status = call i32 %PyTuple_SetItem(ptr %tuple, i64 %k, ptr %object)
  %k1 = add nuw i64 %k, 1
  %again = icmp ult i64 %k1, %outputs
  br i1 %again, label %put, label %done
failed:
  br label %done
done:
  %result = phi ptr [ null, %failed ], [ %tuple, %fill ], [ %tuple, %put_on ]
  br i1 %large, label %free, label %end
free:
  call void %PyMem_Free(ptr %in)
  br label %end
end:
  ret ptr %result
}
"""

_FUNCTIONS = (
    "PyBytes_AsString", "PyFloat_AsDouble", "PyErr_Occurred", "PyErr_SetNone", "PyErr_NoMemory",
    "PyTuple_New", "PyTuple_SetItem", "PyFloat_FromDouble", "Py_DecRef", "PyMem_Malloc",
    "PyMem_Free",
)  # fmt: skip
_ON_STACK = 4096
_METH_FASTCALL = 0x80


class _Method(ctypes.Structure):
    """PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


_NEW = ctypes.PYFUNCTYPE(
    ctypes.py_object, ctypes.POINTER(_Method), ctypes.py_object, ctypes.c_void_p
)


class _Program(bytes):
    """Where a program begins, and how much it takes and gives; it holds what must live as long as
    the function does."""

    held: tuple[Loaded, Loaded]
    method: _Method


@functools.cache
def _caller() -> tuple[Loaded, int]:
    """The module, with the addresses of Python's functions as they are in this process."""
    source = _SOURCE
    for name in _FUNCTIONS:
        function = getattr(ctypes.pythonapi, name)
        source = source.replace(f"%{name}(", f"{_pointer(ctypes.cast(function, ctypes.c_void_p))}(")
    for name in ("PyExc_TypeError", "PyExc_FloatingPointError"):
        error = ctypes.c_void_p.in_dll(ctypes.pythonapi, name)
        source = source.replace(f"%{name}", _pointer(error))
    loaded = Loaded(source, 2, keep=False)
    return loaded, loaded.address("call")


def _pointer(address: ctypes.c_void_p) -> str:
    return f"inttoptr (i64 {address.value} to ptr)"


def builtin(
    loaded: Loaded, address: int, inputs: int, outputs: int, live: int
) -> Callable[..., tuple[float]]:
    """A function of Python's that takes numbers and returns a tuple of them.

    Args:
        loaded: the machine code, which lives as long as the function.
        address: of `i32 run(double *in, double *out, double *live)`; if it gives anything but 0,
            FloatingPointError is raised.
        inputs, outputs, live: how many numbers are in each.
    """
    if sys.implementation.name != "cpython":
        return _through_ctypes(loaded, address, inputs, outputs, live)
    caller, start = _caller()
    size = inputs + outputs + live + 1
    program = _Program(struct.pack("=5q", address, inputs, outputs, size, size > _ON_STACK))
    program.held = (loaded, caller)
    program.method = _Method(b"run", start, _METH_FASTCALL, None)
    new: Any = _NEW(("PyCFunction_NewEx", ctypes.pythonapi))
    function: Any = new(ctypes.byref(program.method), program, None)
    return function  # type: ignore[no-any-return]


def _through_ctypes(
    loaded: Loaded, address: int, inputs: int, outputs: int, live: int
) -> Callable[..., tuple[float]]:
    pointer = ctypes.POINTER(ctypes.c_double)
    run = ctypes.CFUNCTYPE(ctypes.c_int, pointer, pointer, pointer)(address)
    given, made, kept = (ctypes.c_double * (n + 1) for n in (inputs, outputs, live))

    def function(*args: float) -> Any:
        held = loaded  # as long as this function
        out = made()
        if len(args) != inputs:
            raise TypeError(f"{inputs} numbers are needed, not {len(args)}")
        if run(given(*args), out, kept()) and held:
            raise FloatingPointError
        return tuple(out[:outputs])

    return function
