"""How derivatives are marked: one symbol never stands for two numbers.

∂E/∂w is the derivative of E by w with all that depends on w moving along: what the gradient is.
Where E's line of algebra uses w, the local derivative of that one use, everything else held, is
another number as soon as there is another way from w to E. It is marked by the place of the use
in the line, as the derivative by an argument is: of E = h² + 0.1·w, ∂₂E/∂w is 0.1, whatever h is
of w; of y = x·x, there are ∂₁y/∂x and ∂₂y/∂x. Where the use is the only way, the two are one
number, and there is no mark.
"""

from __future__ import annotations

from autograd_lite.reading.algebra import latex_name

_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def partial_text(result: str, operand: str, slot: int | None = None) -> str:
    """The derivative in Unicode, of one use if its place in the line is given.

    >>> partial_text("E", "w"), partial_text("E", "w", 2)
    ('∂E/∂w', '∂₂E/∂w')
    """
    return f"{_by_slot(slot)}{result}/∂{operand}"


def partial_latex(result: str, operand: str, slot: int | None = None) -> str:
    r"""The derivative in LaTeX.

    >>> partial_latex("E", "w1"), partial_latex("E", "w1", 2)
    ('\\frac{\\partial E}{\\partial w_{1}}', '\\frac{\\partial_{2} E}{\\partial w_{1}}')
    """
    mark = "" if slot is None else f"_{{{slot}}}"
    return rf"\frac{{\partial{mark} {latex_name(result)}}}{{\partial {latex_name(operand)}}}"


def held_note(result: str, slot: int) -> str:
    """What the mark means, in words.

    >>> held_note("E", 2)
    '∂₂E: by value 2 in the line of E alone, the others held'
    """
    line = f"value {slot} in the line of {result}"
    return f"{_by_slot(slot)}{result}: by {line} alone, the others held"


def _by_slot(slot: int | None) -> str:
    return "∂" if slot is None else "∂" + str(slot).translate(_LOWERED)
