"""LLVM's intermediate code as machine code: compiled, loaded, and freed with what holds it."""

from __future__ import annotations

import functools
import threading
from typing import Any

from autograd_lite.program.native import cache

_lock = threading.Lock()


@functools.cache
def _llvm() -> Any:
    """llvmlite, ready for this processor."""
    try:
        import llvmlite.binding as llvm
    except ImportError as error:
        raise ImportError(
            'compile: backend "native" needs llvmlite: pip install "autograd_lite[native]"'
        ) from error
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


@functools.cache
def processor() -> tuple[str, str]:
    """The name of the processor, and what it can do, as LLVM says it."""
    llvm = _llvm()
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


@functools.cache
def lanes() -> int:
    """How many numbers in double precision the processor computes at once."""
    features = processor()[1].split(",")
    return 8 if "+avx512f" in features else 4 if "+avx" in features else 2


@functools.cache
def has_multiply_add() -> bool:
    """Whether the processor has an instruction for x·y + z, rounded once."""
    features = processor()[1].split(",")
    return "+fma" in features or "+neon" in features


def _target(level: int) -> Any:
    llvm = _llvm()
    cpu, features = processor()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu=cpu, features=features, opt=level, jit=True)


def machine_code(source: str, level: int) -> bytes:
    """The object file of a module, from the cache if it was compiled before.

    Args:
        source: LLVM's intermediate code.
        level: how much LLVM does to make it fast: 0 for long programs, 1 without its passes, 2 with
            them.
    """
    llvm = _llvm()
    machine = (llvm.get_process_triple(), *processor())
    key = (source, level, llvm.llvm_version_info, _version(), machine)
    return cache.kept(repr(key), lambda: _compiled(source, level))


def _version() -> str:
    import llvmlite

    return str(llvmlite.__version__)


def _compiled(source: str, level: int) -> bytes:
    """The object file. What LLVM makes of the source is in a context of its own, with which it is
    freed: constants are kept as long as their context."""
    llvm = _llvm()
    with _lock:
        target, whole, each = _passes(level)
        with llvm.parse_assembly(source, llvm.create_context()) as module:
            module.triple = llvm.get_process_triple()
            module.data_layout = str(target.target_data)
            builder = llvm.create_pass_builder(target, _options(level))
            whole.run(module, builder)
            for function in module.functions:
                if each is not None and not function.is_declaration:
                    each.run(function, builder)
            return bytes(target.emit_object(module))


@functools.cache
def _passes(level: int) -> tuple[Any, Any, Any]:
    """The target, and the passes over a module and over each function, made once: what llvmlite
    makes of them it does not free, and of LLVM's own pipeline for modules nothing can be used
    again."""
    llvm = _llvm()
    target = _target(level)
    whole = llvm.create_new_module_pass_manager()
    whole.add_always_inliner_pass()
    if level < 2:
        return target, whole, None
    whole.add_global_dead_code_eliminate_pass()
    builder = llvm.create_pass_builder(target, _options(level))
    return target, whole, builder.getFunctionPassManager()


def _options(level: int) -> Any:
    """Of LLVM's passes those that pay: what makes vectors of straight-line code takes longer than
    all the others, and gains a tenth."""
    options = _llvm().create_pipeline_tuning_options(speed_level=1)
    options.slp_vectorization = options.loop_vectorization = False
    return options


class Loaded:
    """Machine code in memory, which is freed with this."""

    def __init__(self, source: str, level: int, keep: bool = True) -> None:
        llvm = _llvm()
        code = machine_code(source, level) if keep else _compiled(source, level)
        with _lock:
            empty = llvm.parse_assembly("")
            self._engine = llvm.create_mcjit_compiler(empty, _target(0))
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
            self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function begins."""
        return int(self._engine.get_function_address(name))
