"""`playground`: one HTML file in which a formula is typed, and drawn as it is typed.

The page reads the language of `explain`, computes, differentiates and draws without a network. What
it knows of operations is written into it from their declarations: how each is computed, with its
local derivatives, how it is written, which laws its algebra has, what its derivative is on paper.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import (
    ATOM,
    POWER,
    PRIMITIVES,
    PRODUCT,
    SIGN,
    SUM,
    Elementwise,
    Primitive,
)
from autograd_lite.engine.value import Value
from autograd_lite.program.javascript import functions
from autograd_lite.reading import script as language
from autograd_lite.reading.algebra import (
    DEEPEST,
    Formula,
    Name,
    Number,
    Operation,
    recorded_derivative,
)
from autograd_lite.reading.cards import LONGEST
from autograd_lite.reading.explain import SEED_INPUTS, SEED_LAYER
from autograd_lite.reading.partials import held_note, partial_text
from autograd_lite.viz.drawing import check_suffix
from autograd_lite.viz.page import MOST, page, script
from autograd_lite.viz.render import write

EXAMPLES: dict[str, tuple[str, Mapping[str, float]]] = {
    "two paths": ("z1 = x1*x2; z2 = sin(x2); z3 = z1 + z2; E = z3**2", {"x1": 1.5, "x2": -0.5}),
    "x·x": ("y = x*x; E = sin(y) + x", {"x": 1.2}),
    "a neuron": (
        "y = x1*w1 + x2*w2 + b; out = sigmoid(y); E = (out - t)**2/2",
        {"x1": 0.5, "x2": -1.5, "w1": 0.1, "w2": 0.3, "b": 0.05, "t": 1.0},
    ),
    "a layer": (SEED_LAYER, SEED_INPUTS),
    "XOR": (
        "h1 = tanh(x1*w11 + x2*w21 + b1); h2 = tanh(x1*w12 + x2*w22 + b2)\n"
        "y = sigmoid(h1*v1 + h2*v2 + c); E = (y - t)**2/2",
        {"x1": 1.0, "x2": 0.0, "w11": 1.2, "w21": -1.1, "b1": 0.3, "w12": -0.8, "w22": 0.9,
         "b2": 0.1, "v1": 1.4, "v2": 0.7, "c": -0.2, "t": 1.0},
    ),
    "softmax with loss": (
        "e1 = exp(x1); e2 = exp(x2); e3 = exp(x3); s = e1 + e2 + e3\np2 = e2/s; E = -log(p2)",
        {"x1": 0.3, "x2": 2.9, "x3": 4.0},
    ),
    "a doubling tower": (
        "a = x + x; b = a + a; c = b + b; d = c + c; E = d + d", {"x": 1.0},
    ),
    "a dead rectifier": (
        "y = relu(x*w + b); E = (y - t)**2", {"x": 1.0, "w": -2.0, "b": 0.5, "t": 1.0},
    ),
}  # fmt: skip
"""By what they are called: formulas, with numbers for their inputs."""


class Playground:
    """The page; shows itself in a notebook, and saves itself as one .html file."""

    def __init__(self, source: str, inputs: Mapping[str, float], theme: str = "auto") -> None:
        data = language_data() | {
            "source": source,
            "inputs": dict(inputs),
            "examples": {name: [text, dict(x)] for name, (text, x) in EXAMPLES.items()},
        }
        used = [PRIMITIVES[name] for name in data["operations"]]
        scripts = [
            f"const functions = {functions(used)};",
            *(script(name) for name in ("formulas", "parser", "graph", "playground")),
        ]
        self._html = page("The playground of backpropagation", theme, data, scripts, _above())

    def html(self) -> str:
        """The whole page."""
        return self._html

    def save(self, path: str | Path) -> Path:
        """Write the page to a .html file, whole or not at all; returns its path."""
        check_suffix(path, (".html",))
        write(Path(path), self._html.encode())
        return Path(path)

    def _repr_html_(self) -> str:
        html = escape(self._html, quote=True)
        return f'<iframe srcdoc="{html}" style="width:100%;height:820px;border:0"></iframe>'


def playground(
    source: str | None = None, inputs: Mapping[str, float] | None = None, *, theme: str = "auto"
) -> Playground:
    """A page in which formulas are typed, and drawn as they are typed, with steps and derivations.

    Args:
        source: what it opens with, in the language of `autograd-lite explain`.
        inputs: a number for each of its inputs; those that have none start at some.
        theme: "light", "dark", or "auto" for what the reader's system is set to.

    Raises:
        ScriptError: if the program cannot be read.
        ValueError: if the theme is not known.

    >>> html = playground("E = (x*w - t)**2", {"x": 1.0, "w": 2.0}).html()
    >>> "(x*w - t)**2" in html, "https:" in html
    (True, False)
    """
    if source is None:
        source, inputs = EXAMPLES["two paths"]
    language.parse(source)
    return Playground(source, inputs or {}, theme)


_BUTTONS = ("copy link", "copy SVG", "save PNG", "copy Python")


def _above() -> str:
    """The field for the formula, the examples, and what can be taken along."""
    options = "".join(f"<option>{escape(name)}</option>" for name in EXAMPLES)
    buttons = "\n".join(
        f'<button id="{name.lower().replace(" ", "-")}">{name}</button>' for name in _BUTTONS
    )
    return f"""\
<div class="formula">
<textarea id="formula" rows="3" spellcheck="false" autocapitalize="off" aria-label="The formula"
 aria-describedby="mistake"></textarea>
<div class="choices">
<select id="examples" aria-label="Examples"><option value="">examples</option>{options}</select>
{buttons}
</div>
<pre id="mistake" role="alert"></pre>
</div>
"""


# ---------------------------------------------------------------- what the page knows


def language_data() -> dict[str, Any]:
    """The language of formulas for the page: operations with their algebra, signs, limits."""
    by_method = {p.operator: p.name for p in PRIMITIVES.values() if p.operator}
    operators = {
        sign: by_method[language.OPERATORS[type(node.body.op)]]
        for sign, node in _parsed(("x+y", "x-y", "x*y", "x/y", "x**y")).items()
    }
    signs = {
        sign: by_method[language.OPERATORS[type(node.body.op)]]
        for sign, node in _parsed(("-x", "+x")).items()
    }
    called = {
        name: p for name, p in PRIMITIVES.items() if name in language.functions() and _runs(p)
    }
    return {
        "operations": {name: _operation(p) for name, p in called.items()},
        "operators": operators,
        "signs": signs,
        "written": language.WRITTEN,
        "signedPower": "(" not in ast.unparse(ast.parse("x**-1")),  # versions of Python differ
        "allowed": language.ALLOWED,
        "keywords": keyword.kwlist,
        "limits": {
            "length": language.MAX_LENGTH, "depth": language.MAX_DEPTH, "cards": MOST,
            "deepest": DEEPEST, "longest": LONGEST,
        },
        "binds": {"sum": SUM, "product": PRODUCT, "sign": SIGN, "power": POWER, "atom": ATOM},
        "partial": partial_text("{result}", "{operand}", 7).replace("₇", "{slot}"),
        "held": held_note("{result}", 7).replace("₇", "{slot}").replace("7", "{number}"),
    }  # fmt: skip


def _parsed(expressions: tuple[str, ...]) -> dict[str, Any]:
    """By sign, the syntax tree of an expression of x and y."""
    return {x.strip("xy"): ast.parse(x, mode="eval") for x in expressions}


def _runs(primitive: Primitive) -> bool:
    """Whether it can be computed in a page: not what a user declared without a counterpart."""
    try:
        functions([primitive])
    except ValueError:
        return False
    return True


def _operation(primitive: Primitive) -> dict[str, Any]:
    assert isinstance(primitive, Elementwise)
    laws = primitive.laws
    return {
        "operands": primitive.operands,
        "text": primitive.text,
        "precedence": primitive.precedence,
        "binds": primitive.binds,
        "constants": primitive.constants,
        "chains": laws.chains,
        "units": laws.units,
        "fixed": laws.fixed,
        "exponents": laws.exponents,
        "coefficient": laws.coefficient,
        "superscript": laws.superscript,
        "adds": laws.chains and laws.units[-1:] == (0.0,),
        "activation": len(primitive.operands) == 1 and callable(primitive.partials[0]),
        "derivatives": [
            None if i in primitive.constants else _derivatives(primitive, i)
            for i in range(len(primitive.operands))
        ],
    }


def _derivatives(primitive: Primitive, index: int) -> Any:
    """∂z/∂operand on paper, as a tree of lists: one, or one where the condition does not hold, one
    where it does, and one for a variable as the condition."""
    if not primitive.constants:
        return _derivative(primitive, index, None)
    return {"cases": [_derivative(primitive, index, condition) for condition in (0.0, 1.0, None)]}


def _derivative(primitive: Primitive, index: int, condition: float | None) -> Any:
    operands = [
        Value(0.75) if condition is None or i not in primitive.constants else condition
        for i in range(len(primitive.operands))
    ]
    with np.errstate(all="ignore"):
        z = primitive.function(*operands)
    names = {x: f"\x01{i}" for i, x in enumerate(operands) if isinstance(x, Value)}
    return _tree(recorded_derivative(z, index, {**names, z: "\x01-1"}))


def _tree(tree: Formula) -> Any:
    """A formula for JSON: a number, {"operand": i} (−1 for the result), or [operation, …]."""
    if isinstance(tree, Number):
        return tree.value
    if isinstance(tree, Name):
        return {"operand": int(tree.text[1:])}
    assert isinstance(tree, Operation)
    return [tree.primitive.name, *map(_tree, tree.operands)]
