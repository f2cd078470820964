"""How an operation is written in LaTeX, where its declaration gives only the text."""

from __future__ import annotations

import re

_LATEX = {"−": "-", "·": r" \cdot ", "@": r"\cdot", "²": "^2", "ᵀ": r"^{{\mathsf T}}",
          "Σ": r"\sum ", "σ": r"\sigma", "…": r"\ldots"}  # fmt: skip
_LATEX_FUNCTIONS = ("arccos", "arcsin", "arctan", "cos", "cosh", "exp", "ln", "max", "min", "sin",
                    "sinh", "tan", "tanh")  # fmt: skip
"""The functions that LaTeX sets by a command of their name."""


def latex_of(text: str) -> str:
    r"""The same in LaTeX: with its signs, and its commands for functions.

    >>> print(latex_of("{x}·sin({y})²"), latex_of("{x}^{y}"), latex_of("log_softmax({x})"))
    {x} \cdot \sin({y})^2 {{{x}}}^{{{y}}} \operatorname{{log\,softmax}}({x})
    """
    text = re.sub(r"(\{\w+\})(?=[\^²ᵀ])", r"{{\1}}", text)  # x² of an x of several letters
    text = re.sub(r"\^(\{\w+\})", r"^{{\1}}", text)
    text = re.sub(r"([A-Za-z]\w*)(?=\()", _latex_function, text)
    return re.sub(" +", " ", "".join(_LATEX.get(c, c) for c in text))


def _latex_function(match: re.Match[str]) -> str:
    name = match.group()
    if name in _LATEX_FUNCTIONS:
        return "\\" + name
    shown = name.replace("_", r"\,")
    return rf"\operatorname{{{{{shown}}}}}"
