"""`derive`: the derivation of one gradient, from the graph of a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd_lite.reading import derivation
from autograd_lite.reading.array_derivation import ArrayDerivation, derive_arrays
from autograd_lite.reading.cards import cards_of
from autograd_lite.reading.derivation import Derivation
from autograd_lite.reading.names import printable


def derive(
    output: Any,
    wrt: Any,
    names: Mapping[str, Any] | None = None,
    *,
    fold: bool = True,
    most: int = 8,
) -> Derivation | ArrayDerivation:
    """∂output/∂wrt by the chain rule, as one writes it on paper.

    `str()` of it is the sum over the paths, in symbols and then in numbers; `factored()` the steps
    of the reverse pass; `latex()` and `markdown()` are for papers, and a notebook shows it typeset.
    Paths are counted, and the few of the largest product shown. Where there are Tensors on the
    way, it is the steps of the reverse pass: ∂L/∂W = Xᵀ·∂L/∂U.

    Args:
        output: a Value, or a Tensor without axes.
        wrt: a variable that it was computed from, or its name.
        names: names of variables, such as `locals()`.
        fold: whether values without a name go into the algebra of the next.
        most: how many paths to show.

    Raises:
        TypeError: if the output is no variable.
        ValueError: if the output does not depend on `wrt`.

    >>> from autograd_lite import Value
    >>> x, w = Value(2.0), Value(3.0)
    >>> z = x * w
    >>> E = z * z
    >>> print(derive(E, wrt=w, names=locals()))
    ∂E/∂w = ∂E/∂z·∂z/∂w
          = (z + z)·x
          = 12·2
          = 24
    (2 paths in 1 term: uses of a value in one line are one factor)
    """
    cards = cards_of(output, fold=fold, names=names)
    for card in cards:
        if card.node is wrt or (isinstance(wrt, str) and card.name == printable(wrt)):
            if any(card.node.partials is None for card in cards):
                return derive_arrays(cards, card)
            return derivation.derive(cards, card, most)
    asked = f"'{printable(wrt)}'" if isinstance(wrt, str) else repr(wrt)
    raise ValueError(f"derive: the output does not depend on {asked}, or it has no card of its own")
