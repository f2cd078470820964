"""How a name is shown: a variable may have any string as its name, and what is written of it in
tables, pictures and LaTeX has to be readable, and valid in every format."""

from __future__ import annotations

import re

LONGEST = 40
"""Characters of a name that are shown."""

_UNSEEN = re.compile(  # controls, marks that turn what follows, ends of lines, no characters
    "[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def printable(name: str) -> str:
    r"""The name with escapes, as in Python's `repr`, in place of what cannot be seen or written:
    control characters, ends of lines, marks that turn the direction of text, lone surrogates. A
    very long one is cut.

    >>> printable("w1"), printable("été"), printable("a\tb"), printable("\ud800")
    ('w1', 'été', 'a\\tb', '\\ud800')
    """
    shown = _UNSEEN.sub(lambda c: c[0].encode("unicode_escape").decode(), name[: LONGEST + 1])
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
