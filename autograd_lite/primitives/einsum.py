"""Sums of products of elements by Einstein's notation: `contract`, and `einsum` made of it.

See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import functools
import math
import string
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import computed_in
from autograd_lite.engine.primitive import Array, Case, EachOperand
from autograd_lite.primitives.shape import Call, Shape, broadcast_to, reshape, shape_of

LABELS = string.ascii_uppercase + string.ascii_lowercase
"""The names that axes may have: as NumPy numbers them, where they are given as numbers."""

Shapes = tuple[Shape, ...]


# ---------------------------------------------------------------- which axes are which


@functools.lru_cache(4096)
def explicit(subscripts: str, dimensions: Shape) -> str:
    """Subscripts in full, with a label for every axis of operands of so many: no ellipsis, and
    with the output's.

    >>> explicit("...ij,jk", (3, 2)), explicit("ii", (2,))
    ('Aij,jk->Aik', 'ii->')
    """
    text = subscripts.replace(" ", "")
    left, arrow, output = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(dimensions):
        raise ValueError(
            f"einsum: {subscripts!r} is for {len(terms)} operand(s), not {len(dimensions)}"
        )
    for term in (*terms, output):
        _check_term(subscripts, term)
    extra = _extra_axes(subscripts, terms, dimensions)
    free = [label for label in LABELS if label not in text][:extra]
    if len(free) < extra:
        raise ValueError(f"einsum: {subscripts!r} has more axes than there are labels, 52")
    rest = "".join(free)
    full = []
    for term, n in zip(terms, dimensions, strict=True):
        own = n - len(term.replace("...", ""))
        full.append(term.replace("...", rest[extra - own :]))
    if not arrow:
        every = "".join(full)
        output = rest + "".join(sorted(c for c in set(every) if every.count(c) == 1 and c in left))
    elif extra and "..." not in output:
        raise ValueError(f"einsum: {subscripts!r} has the axes of an ellipsis, its output has not")
    output = output.replace("...", rest)
    unknown = set(output) - set("".join(full))
    if unknown or len(set(output)) < len(output):
        raise ValueError(
            f"einsum: in {subscripts!r} each label of the output must be one of an operand's, once"
        )
    return f"{','.join(full)}->{output}"


def _check_term(subscripts: str, term: str) -> None:
    """Whether it is made of labels and at most one ellipsis."""
    head, _, tail = term.partition("...")
    if not all(c in LABELS for c in head + tail):
        raise ValueError(f"einsum: {subscripts!r} is not made of letters, commas, '...' and '->'")


def _extra_axes(subscripts: str, terms: Sequence[str], dimensions: Shape) -> int:
    """How many axes the ellipsis stands for."""
    extra = 0
    for term, n in zip(terms, dimensions, strict=True):
        own = n - len(term.replace("...", ""))
        if own < 0 or (own and "..." not in term):
            raise ValueError(
                f"einsum: the term {term!r} of {subscripts!r} does not fit an operand of {n} axes"
            )
        extra = max(extra, own)
    return extra


def _parts(subscripts: str) -> tuple[list[str], str]:
    """The terms of the operands, and that of the output."""
    left, _, output = subscripts.partition("->")
    return left.split(","), output


def _lengths(terms: Sequence[str], shapes: Shapes) -> dict[str, int]:
    """How long the axis of each label is, after broadcasting."""
    lengths: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for label, n in zip(term, shape, strict=True):
            if lengths.get(label, 1) == 1:
                lengths[label] = n
    return lengths


@functools.lru_cache(4096)
def _check_lengths(subscripts: str, shapes: Shapes) -> None:
    """Whether axes of the same label are equally long, or 1."""
    terms, _ = _parts(subscripts)
    lengths = _lengths(terms, shapes)
    for term, shape in zip(terms, shapes, strict=True):
        for label, n in zip(term, shape, strict=True):
            if n not in (1, lengths[label]):
                raise ValueError(
                    f"einsum: in {subscripts!r} the axes {label!r} have the lengths "
                    f"{lengths[label]} and {n} (shapes {' and '.join(map(str, shapes))})"
                )


# ---------------------------------------------------------------- the value

_WORTH_MATMUL = 4096
"""The number of products from which on BLAS is quicker than NumPy's loop, copies included."""


@functools.lru_cache(4096)
def _matmul_plan(subscripts: str, shapes: Shapes) -> tuple[Any, ...] | None:
    """How a sum of products is a (stack of) matrix products: the axes of both operands in their
    order and the shapes for that, the shape of the result and its axes in the order wanted.
    None where it is not, or NumPy's own loop is as quick."""
    terms, output = _parts(subscripts)
    if len(terms) != 2:
        return None
    x, y = terms
    lengths = _lengths(terms, shapes)
    if len(set(x)) < len(x) or len(set(y)) < len(y) or not set(x) & set(y) - set(output):
        return None
    if any(
        lengths[c] != n
        for t, s in zip(terms, shapes, strict=True)
        for c, n in zip(t, s, strict=True)
    ):
        return None
    if not set(x) ^ set(y) <= set(output):
        return None
    stack = [c for c in x if c in y and c in output]
    summed = [c for c in x if c in y and c not in output]
    rows = [c for c in x if c not in y]
    columns = [c for c in y if c not in x]
    b, k, m, n = (math.prod(lengths[c] for c in part) for part in (stack, summed, rows, columns))
    if b * k * m * n < _WORTH_MATMUL or (stack and (k * m * n < 64 or not rows or not columns)):
        return None
    whole = tuple(lengths[c] for c in stack)
    result = [*stack, *rows, *columns]
    return (
        tuple(map(x.index, [*stack, *rows, *summed])),
        (*whole, m, k),
        tuple(map(y.index, [*stack, *summed, *columns])),
        (*whole, k, n),
        tuple(lengths[c] for c in result),
        tuple(map(result.index, output)),
    )


def _contract(*operands: Array, subscripts: str) -> Any:
    """As np.einsum, but a product of matrices by BLAS where that is quicker."""
    shapes = tuple(map(shape_of, operands))
    plan = _matmul_plan(subscripts, shapes)
    if plan is None or any(x.dtype.kind not in "fc" for x in operands):
        return np.einsum(subscripts, *operands)
    order_x, shape_x, order_y, shape_y, shape, order = plan
    x, y = operands
    product = np.matmul(
        x.transpose(order_x).reshape(shape_x), y.transpose(order_y).reshape(shape_y)
    )
    return product.reshape(shape).transpose(order)


def _contract_each(which: Sequence[bool], *operands: Any, subscripts: str) -> Any:
    """The contraction for each example of a batch: with one label more, for its axis."""
    terms, output = _parts(subscripts)
    free = next((c for c in LABELS if c not in subscripts), None)
    if free is None:
        return NotImplemented
    longer = [free + term if mine else term for term, mine in zip(terms, which, strict=True)]
    return contract(operands, f"{','.join(longer)}->{free}{output}")


# ---------------------------------------------------------------- the way back


@functools.lru_cache(4096)
def _way_back(subscripts: str, i: int, shapes: Shapes) -> tuple[str, Shape, Shape, str]:
    """How g becomes the gradient of the i-th operand: the subscripts of a contraction with the
    other operands; the shape of that with axes of length 1 for labels that it has not; that of
    all labels of the operand; and the subscripts that take the operand to that, if it has a label
    twice."""
    terms, output = _parts(subscripts)
    lengths = _lengths(terms, shapes)
    others = terms[:i] + terms[i + 1 :]
    found = _lengths(others, shapes[:i] + shapes[i + 1 :]) | {c: lengths[c] for c in output}
    own: dict[str, int] = {}
    for label, n in zip(terms[i], shapes[i], strict=True):
        own[label] = max(n, own.get(label, 1)) if n else 0
    # an axis of length 1 that is broadcast is summed over
    kept = "".join(c for c, n in own.items() if c in found and n == lengths[c])
    back = f"{','.join([output, *others])}->{kept}"
    narrow = tuple(found[c] if c in kept else 1 for c in own)
    labels = "".join(own)
    diagonal = f"{terms[i]}->{labels}" if labels != terms[i] else ""
    return back, narrow, tuple(own.values()), diagonal


def _to_operand(i: int, g: Any, z: Any, *operands: Any, subscripts: str) -> Any:
    """g contracted with the other operands; repeated over what was summed alone, and put on the
    diagonal of what has a label twice."""
    shapes = tuple(map(shape_of, operands))
    back, narrow, whole, diagonal = _way_back(subscripts, i, shapes)
    part = contracted((g, *operands[:i], *operands[i + 1 :]), back)
    if narrow != whole or shape_of(part) != whole:
        part = broadcast_to(reshape(part, narrow), whole)
    return onto_diagonal(part, diagonal, shapes[i]) if diagonal else part


def _onto_diagonal(x: Array, subscripts: str, shape: Shape) -> Array:
    out = np.zeros(shape, np.asarray(x).dtype)
    np.einsum(subscripts, out)[...] = x  # a view
    return out


def _onto_diagonal_each(which: Sequence[bool], x: Any, subscripts: str, shape: Shape) -> Any:
    terms, output = _parts(subscripts)
    free = next((c for c in LABELS if c not in subscripts), None)
    if free is None:
        return NotImplemented
    return onto_diagonal(x, f"{free}{terms[0]}->{free}{output}", (x.shape[0], *shape))


def _diagonal_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) == 1:
        yield (shape,), ("ii->i", shape * 2), {}
        yield (shape,), ("iii->i", shape * 3), {}
    if len(shape) == 2:
        yield (shape,), ("jij->ij", (shape[1], *shape)), {}


@structural(
    arrays=_onto_diagonal,
    batched=_onto_diagonal_each,
    pullbacks=(lambda g, z, x, subscripts, shape: contract((g,), subscripts),),
    cases=_diagonal_cases,
    back=("the diagonal of g",),
    linear="jointly",
    method=False,
)
def onto_diagonal(x: Any, subscripts: str, shape: Any) -> Call:
    """Zeros of a shape with x on a diagonal: that which `contract` with these subscripts takes.

    ∂: the diagonal of the gradient.

    >>> onto_diagonal([1.0, 2.0], "ii->i", (2, 2))
    array([[1., 0.],
           [0., 2.]])
    """
    return (x,), {"subscripts": subscripts, "shape": tuple(shape)}


# ---------------------------------------------------------------- contract, einsum

_EXAMPLES = (
    "ij->ji", "ij->", "ij->j", "ii->i", "ii->", "iij->j", "i,i->", "i,j->ij", "ij,jk->ik",
    "ij,ij->ij", "ij,j->i", "ij,ik->", "ii,ij->j", "i,->i", "ij,jk,k->i", "ijk,jk->ki",
    "ijk,jkl->ijl", "ij,ji,ij->",
)  # fmt: skip


def _contract_cases(shape: Shape) -> Iterator[Case]:
    """The examples that fit: labels with the lengths of this shape, a label for each axis."""
    for subscripts in _EXAMPLES:
        terms, _ = _parts(subscripts)
        labels = "".join(dict.fromkeys("".join(terms)))
        if len(labels) == len(shape):
            lengths = dict(zip(labels, shape, strict=True))
            yield tuple(tuple(lengths[c] for c in term) for term in terms), (subscripts,), {}
    if len(shape) == 2:
        yield (shape, (1, shape[1])), ("ij,ij->ij",), {}
        yield ((1, shape[1]), shape), ("ij,ij->j",), {}


def _labels(shapes: Any, subscripts: str) -> Any:
    """The labels of each operand's axes and of the result's."""
    given, result = subscripts.split("->")
    return [list(term) for term in given.split(",")], list(result)


@structural(
    arrays=_contract,
    batched=_contract_each,
    pullbacks=EachOperand(_to_operand),
    cases=_contract_cases,
    back=("g contracted with the others",),
    fits="axes of the same label must be equally long, or one of them 1",
    linear="each",
    contracts=_labels,
    method=False,
)
def contract(operands: Any, subscripts: str) -> Call:
    """The sum of products of elements that `np.einsum` computes of subscripts with a label for
    every axis and those of the output: "ij,jk->ik" is Σⱼ xᵢⱼyⱼₖ.

    ∂ by one operand: the contraction of the gradient with the others; repeated along axes that
    were summed alone, on the diagonal of an operand that has a label twice.

    >>> contract(([[1.0, 2.0], [3.0, 4.0]], [5.0, 6.0]), "ij,j->i")
    array([17., 39.])
    """
    return tuple(operands), {"subscripts": subscripts}


def contracted(operands: Sequence[Any], subscripts: str, optimize: Any = True) -> Any:
    """`contract`, but two operands at a time, in a good order, of more than two."""
    if len(operands) < 3 or optimize is False:
        return contract(operands, subscripts)
    terms, output = _parts(subscripts)
    shapes = tuple(np.shape(detached(x)) for x in operands)
    if not isinstance(optimize, bool | str):
        optimize = tuple(x if isinstance(x, str | int) else tuple(x) for x in optimize)
    operands = list(operands)
    for places in _path(subscripts, shapes, optimize):
        chosen = sorted(places, reverse=True)
        taken = [(operands.pop(p), terms.pop(p)) for p in chosen][::-1]
        labels = "".join(dict.fromkeys("".join(term for _, term in taken)))
        needed = set(output).union(*terms)
        part = "".join(c for c in labels if c in needed) if terms else output
        spec = f"{','.join(term for _, term in taken)}->{part}"
        operands.append(contract([x for x, _ in taken], spec))
        terms.append(part)
    return operands[0]


@functools.lru_cache(1024)
def _path(subscripts: str, shapes: Shapes, optimize: Any) -> list[tuple[int, ...]]:
    """Which operands to contract first: NumPy's choice."""
    like = [np.broadcast_to(0.0, shape) for shape in shapes]
    way = list(optimize) if isinstance(optimize, tuple) else optimize
    return np.einsum_path(subscripts, *like, optimize=way)[0][1:]


def _from_numbers(arguments: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """The other form of a call, x, [0, 1], y, [1, 2], [0, 2], as subscripts and operands."""
    count = len(arguments) // 2
    if not count:
        raise ValueError("einsum: give subscripts and at least one operand")
    text = ",".join(map(_term, arguments[1 : 2 * count : 2]))
    if len(arguments) % 2:
        text += "->" + _term(arguments[-1])
    return text, tuple(arguments[: 2 * count : 2])


def _term(numbers: Any) -> str:
    """The labels that numbers stand for."""
    try:
        return "".join("..." if i is Ellipsis else LABELS[_natural(i)] for i in numbers)
    except (TypeError, IndexError):
        raise ValueError(
            f"einsum: axes are labelled by whole numbers from 0 to 51 and ..., not {numbers!r}"
        ) from None


def _natural(i: Any) -> int:
    if i < 0:
        raise IndexError
    return i  # type: ignore[no-any-return]


def _einsum_cases(shape: Shape) -> Iterator[Case]:
    n = len(shape)
    axes = list(range(n))
    yield (shape,), (axes, axes[::-1]), {}
    yield (shape,), ([...],), {}
    yield (shape,), ([...], [...]), {"optimize": True}
    if shape:
        yield (shape,), ([..., 0], [...]), {}
        yield (shape,), (axes, []), {}
    if n == 2 and shape[0] == shape[1]:
        yield (shape,), ([0, 0], [0]), {}
        yield (shape,), ([0, 0],), {}


@composed(np.einsum, cases=_einsum_cases)
def einsum(
    *operands: Any,
    optimize: Any = False,
    dtype: Any = None,
    order: Any = "K",
    casting: Any = "safe",
) -> Any:
    """The sum of products by Einstein's notation, in all the forms of `numpy.einsum`: over each
    label that the output has not. Without "->", the output has the labels that are there once, in
    alphabetical order, after the axes of an ellipsis.

    z_ik = Σⱼ x_ij·y_jk: ∂L/∂x_ij = Σₖ g_ik·y_jk, an einsum again.

    Args:
        operands: subscripts and arrays, "ij,jk->ik", x, y; or arrays each with the numbers of its
            axes, and last those of the output, x, [0, 1], y, [1, 2], [0, 2]. A label twice in a
            term takes a diagonal; an ellipsis stands for axes that broadcast.
        optimize: how three and more operands are contracted, two at a time: True, "greedy",
            "optimal", or a path as from `np.einsum_path`; False for all at once.
        dtype: the dtype to compute in.
        order, casting: as NumPy's, of no consequence.

    Raises:
        ValueError: if the subscripts do not fit the operands.

    >>> einsum("ij,jk->ik", np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[1., 2.],
           [3., 4.]])
    """
    if operands and isinstance(operands[0], str):
        text, given = operands[0], operands[1:]
    else:
        text, given = _from_numbers(operands)
    shapes = tuple(np.shape(detached(x)) for x in given)
    subscripts = explicit(str(text), tuple(map(len, shapes)))
    _check_lengths(subscripts, shapes)
    return contracted([computed_in("einsum", x, dtype) for x in given], subscripts, optimize)
