"""A small program as code that computes its value and its gradient: in Python, NumPy, C …"""

from __future__ import annotations

import ast
import builtins
import itertools
import linecache
from collections.abc import Callable, Mapping
from typing import Any

from autograd_lite.engine.primitive import PRIMITIVES
from autograd_lite.program.languages import LANGUAGES as OTHERS
from autograd_lite.program.straight import NotStraight
from autograd_lite.reading.script import Script, parse
from autograd_lite.transforms.compile import compile

LANGUAGES = ("python", *OTHERS)


def translated(source: str, inputs: Mapping[str, float], language: str = "python") -> str:
    """The code of a function that returns the value of a program and its gradient by each input.

    Args:
        source: the program, as `explain` takes it.
        inputs: a number for each input: the code is the same for all numbers.
        language: "python"; "numpy", for arrays of many samples; "c" or "javascript".

    Raises:
        ValueError: if the program cannot be read, or compares numbers.

    >>> print(translated("z = x*w; E = z**2/2", {"x": 2.0, "w": 3.0}))
    def E_and_gradient(x, w):
        z = x * w
        # E = z ** 2 / 2
        E = pow(z, 2) / 2
        d_z = 0.5 * (2 * z)
        d_x = 0.0 + (d_z * w)
        d_w = 0.0 + (d_z * x)
        if isnan(d_x + d_w): raise FloatingPointError
        return E, (d_x, d_w)
    """
    if language not in LANGUAGES:
        raise ValueError(f"the language must be one of {', '.join(LANGUAGES)}, not {language!r}")
    script = parse(source)
    script.run(inputs)  # which tells what is missing
    numbers = [float(inputs[name]) for name in script.inputs]
    compiled = _compiled(script)
    try:
        compiled(*numbers)
    except (TypeError, NotStraight) as error:
        raise script.error(f"this cannot be compiled: {error}") from None
    return str(compiled.code(language))


def _compiled(script: Script) -> Any:
    """The value and the gradient of a script by all inputs, as a compiled function."""
    from autograd_lite.transforms.gradient import value_and_grad

    function = _function(script)
    places = tuple(range(len(script.inputs)))
    return compile(value_and_grad(function, argnums=places), backend="python")


def _function(script: Script) -> Callable[..., Any]:
    """The script as a function of Python's, which is shown by its statements. Only what the reader
    of scripts has let pass is in it: arithmetic, names, and functions of the table."""
    name = f"{script.output}_and_gradient"
    lines = [f"def {name}({', '.join(script.inputs)}):"]
    lines += [f"    {one.name} = {ast.unparse(one.expression)}" for one in script.statements]
    text = "\n".join([*lines, f"    return {script.output}", ""])
    file = f"<autograd-lite compile {next(_numbers)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    space: dict[str, Any] = {key: one.function for key, one in PRIMITIVES.items()}
    exec(builtins.compile(text, file, "exec"), space)
    return space[name]  # type: ignore[no-any-return]


_numbers = itertools.count()
