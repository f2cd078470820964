"""Which elements of a recorded result depend on which elements of an input: found by a walk over
the graph, without a list of operations.

Elementwise primitives join the dependences of their operands. Of any other, the pullback is asked:
it is linear in the gradient, and given numbers that tell the elements of the result apart, what it
makes of them tells where each came from. An operation that only moves elements, or sums, or reduces
along axes, is found out exactly so; others are if they are small, or work on each index of an axis
alone. What else there is, is taken to depend on everything.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.apply import apply
from autograd_lite.engine.batch import Batched, Level, levels_of
from autograd_lite.engine.batching import enter, leave
from autograd_lite.engine.graph import bounds_of, leading_to
from autograd_lite.engine.many import many_gradients
from autograd_lite.engine.primitive import PRIMITIVES, Array, Elementwise
from autograd_lite.engine.recording import Results
from autograd_lite.engine.reverse import gradients
from autograd_lite.engine.tensor import Tensor

Shape = tuple[int, ...]

_SMALL = 2**21
_TOO_MANY = 2**28


def scipy_sparse() -> Any:
    """SciPy's sparse matrices.

    Raises:
        ImportError: if SciPy is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module("scipy.sparse")
    except ImportError as error:
        raise ImportError(
            "sparse derivatives need SciPy: pip install 'autograd_lite[scipy]'"
        ) from error


def pattern_of(output: Any, x: Any) -> Any:
    """Which elements of x each element of the output depends on, as a CSR matrix of truth values
    (output.size, x.size). It may name more than there are, never fewer: where it does not, the
    derivative at these numbers is 0.

    >>> t = Tensor([1.0, 2.0, 3.0])
    >>> pattern_of(t[1:] * t[:-1], t).toarray().astype(int)
    array([[1, 1, 0],
           [0, 1, 1]])
    """
    sparse = scipy_sparse()
    output, x = output.node, x.node
    wanted = frozenset([x])
    order, _ = leading_to(output, wanted, bounds_of(wanted))
    found: dict[Any, Any] = {x: sparse.eye_array(_size(x), dtype=bool, format="csr")}
    left = _uses(order)
    for node in order:
        if node is x:
            continue
        total = None
        for i, operand in node.variables():
            if operand in found:
                part = _through(node, i, operand, found[operand])
                total = part if total is None else total + part
        for _, operand in node.variables():
            if operand in left:
                left[operand] -= 1
                if not left[operand] and operand is not x:
                    del found[operand]
        found[node] = (
            total if total is not None else sparse.csr_array((_size(node), _size(x)), dtype=bool)
        )
    if output not in found:
        return sparse.csr_array((_size(output), _size(x)), dtype=bool)
    pattern = sparse.csr_array(found[output])
    pattern.sum_duplicates()
    return pattern


def _uses(order: Sequence[Any]) -> dict[Any, int]:
    """How often each node is an operand of the others, so that its pattern can be forgotten."""
    uses = dict.fromkeys(order, 0)
    for node in order:
        for _, x in node.variables():
            if x in uses:
                uses[x] += 1
    return uses


def _held(node: Any) -> Any:
    """The array of a node, or the arrays of its results; `data` of a leaf would give it away."""
    return node.data if isinstance(node, Results) else node.detach()


def _size(node: Any) -> int:
    data = _held(node)
    if isinstance(data, tuple):
        return sum(map(_size_of, data))
    return _size_of(data)


def _size_of(data: Any) -> int:
    """How many numbers there are, of all examples of a batch."""
    return int(np.size(data)) * math.prod(level.size for level in levels_of(data))


def _through(node: Any, i: int, operand: Any, pattern: Any) -> Any:
    """The pattern of a node, as far as it comes by way of its i-th operand, which has `pattern`."""
    if isinstance(operand, Results):  # one of several results
        sizes = list(map(_size_of, operand.data))
        k = node.params["index"]
        start = sum(sizes[:k])
        return pattern[start : start + sizes[k]]
    if isinstance(node.primitive, Elementwise):
        if node.primitive.partials[i] == 0.0:
            return pattern[np.zeros(_size(node), dtype=int)] * False
        places = _places(_held(operand), _held(node))
        return pattern if places is None else pattern[places]
    return local_pattern(node, i) @ pattern


def _places(x: Any, z: Any) -> Array | None:
    """For each element of z which element of x is broadcast to it; None if it is the same one."""
    if not isinstance(z, Batched):
        if np.shape(x) == np.shape(z):
            return None
        places = np.arange(np.size(x)).reshape(np.shape(x))
        return np.broadcast_to(places, np.shape(z)).ravel()
    visible = np.shape(_visible(x, levels_of(x)))
    places = np.arange(math.prod(visible)).reshape(visible)
    spread = np.broadcast_to(_hidden(places, levels_of(x)), z.shape)
    return np.ravel(_visible(spread, levels_of(z)))


def _visible(x: Any, levels: Sequence[Level]) -> Any:
    """x with the axes of these batches in front, for everyone to see."""
    for level in levels:
        x = leave(x, level)
    return x


def _hidden(x: Any, levels: Sequence[Level]) -> Any:
    """The reverse of that."""
    for level in reversed(levels):
        x = enter(x, level)
    return x


# ---------------------------------------------------------------- one operation


def local_pattern(node: Any, i: int) -> Any:
    """Which elements of its i-th operand each element of a node depends on."""
    sparse = scipy_sparse()
    x, z = _again(node, i)
    m, n = z.size, x.size
    if not m or not n:
        return sparse.csr_array((m, n), dtype=bool)
    labels = _Labels(max(m, n), min(np.finfo(v.dtype).bits for v in (x, z)))
    back = many_gradients(z, [x], labels.of(z.shape))[0]
    places = labels.places(back, m)
    if places is not None:  # each element of x goes to one of z, or to none
        return _matrix(places, m).T.tocsr()
    places = labels.places(_pushed(z, x, labels.of(x.shape)), n)
    if places is not None:  # each element of z comes from one of x, or from none
        return _matrix(places, n)
    if m * n <= _SMALL:
        rows = many_gradients(z, [x])[0].reshape(m, n)
        return sparse.csr_array(rows != 0)
    return _by_axes(z, x)


def _again(node: Any, i: int) -> tuple[Any, Any]:
    """A fresh variable in the place of an operand, and what the operation makes of it, as one
    Tensor. In 64 bits, where nothing asks for fewer."""
    operands = [_precise(value) for value in node.values]
    levels = levels_of(operands[i])
    x = Tensor(_visible(operands[i], levels))
    operands[i] = _hidden(x, levels)
    z = apply(node.primitive, operands, node.params)
    if isinstance(z, tuple):
        flat = [PRIMITIVES["reshape"].function(_visible(one, levels_of(one)), -1) for one in z]
        return x, PRIMITIVES["concatenate"].function(flat)
    return x, _visible(z, levels_of(z))


def _precise(value: Any) -> Any:
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return value.astype(np.float64, copy=False) if kind == "f" else value


def _pushed(z: Any, x: Any, tangents: Array) -> Array:
    """J·t for many t: the gradient by u of Jᵀu, which is linear in u."""
    u = Tensor(np.ones(z.shape, z.dtype))  # 0 would be "nothing flows back"
    back = gradients(z, [x], u, record=True)[0]
    return many_gradients(back, [u], tangents)[0]  # type: ignore[no-any-return]


class _Labels:
    """Numbers that tell elements apart even if each is multiplied by something: of four labellings
    the ratios give two digits of the place, and a third by which a sum of several is noticed."""

    def __init__(self, count: int, bits: int) -> None:
        rng = np.random.default_rng(12345)
        self._base = math.isqrt(count - 1) + 1
        self._tolerance = 64 * float(np.finfo(f"f{bits // 8}").eps)
        self._unit = rng.uniform(1.0, 2.0, count)
        self._check = rng.uniform(1.0, 2.0, count)

    def of(self, shape: Shape) -> Array:
        """The four labellings of an array of this shape, in front."""
        n = math.prod(shape)
        digits = np.divmod(np.arange(n), self._base)
        ratios = [1.0 + (digit + 0.5) / self._base for digit in digits]
        unit = self._unit[:n]
        labels = np.stack([unit, unit * ratios[0], unit * ratios[1], unit * self._check[:n]])
        return labels.reshape(4, *shape)

    def places(self, found: Array, count: int) -> Array | None:
        """Which label each element is a multiple of, −1 where it is 0; None if one is not."""
        flat = found.reshape(4, -1)
        there = np.any(flat != 0, axis=0)
        places = np.full(flat.shape[1], -1)
        with np.errstate(all="ignore"):
            ratios = flat[1:, there] / flat[0, there]
            exact = (ratios[:2] - 1.0) * self._base - 0.5
            digits = np.rint(exact)
            at = digits[0] * self._base + digits[1]
            good = np.all(np.abs(exact - digits) <= 4 * self._base * self._tolerance, axis=0)
            good &= (at >= 0) & (at < count)
            if not good.all():
                return None
            at = at.astype(int)
            if not np.all(np.abs(ratios[2] - self._check[at]) <= 4 * self._tolerance):
                return None
        places[there] = at
        return places


def _matrix(places: Array, count: int) -> Any:
    """The matrix that has one element in each row, at its place; none where that is −1."""
    sparse = scipy_sparse()
    there = places >= 0
    ends = np.concatenate([[0], np.cumsum(there)])
    kept = places[there]
    return sparse.csr_array((np.ones(len(kept), bool), kept, ends), shape=(len(places), count))


# ---------------------------------------------------------------- blocks


def _by_axes(z: Any, x: Any) -> Any:
    """Everything depends on everything, but for axes of z and x along which each index of z
    depends on the same index of x alone."""
    sparse = scipy_sparse()
    pairs: list[tuple[int, int]] = []
    for a, length in enumerate(z.shape):
        for b in range(x.ndim):
            free = length > 1 and a not in [p[0] for p in pairs] and b not in [p[1] for p in pairs]
            if free and x.shape[b] == length and _is_apart(z, x, a, b):
                pairs.append((a, b))
    blocks = [z.shape[a] for a, _ in pairs]
    each = x.size // math.prod(blocks)
    if z.size * each > _TOO_MANY:
        raise ValueError(
            f"sparse: {z.primitive.name} makes {z.size} elements depend on {each} each; that is no "
            "sparse derivative: use the dense one"
        )
    of_z = _block_of(z.shape, [a for a, _ in pairs], blocks)
    of_x = _block_of(x.shape, [b for _, b in pairs], blocks)
    members = np.argsort(of_x, kind="stable").reshape(-1, each)
    ends = np.arange(z.size + 1) * each
    ones = np.ones(z.size * each, bool)
    return sparse.csr_array((ones, members[of_z].ravel(), ends), shape=(z.size, x.size))


def _is_apart(z: Any, x: Any, a: int, b: int) -> bool:
    """Whether along axis a of z and b of x each index depends on the same index alone: a gradient
    at some indices must not reach others. For each digit of the binary index, those that have it
    0, and those that have it 1, so that any two indices are once on different sides."""
    length = z.shape[a]
    sides = [np.arange(length) >> bit & 1 == side
             for bit in range((length - 1).bit_length()) for side in (0, 1)]  # fmt: skip
    g = np.random.default_rng(1).uniform(1.0, 2.0, z.shape)
    starts = np.stack([np.where(_along(side, z.ndim, a), g, 0.0) for side in sides])
    back = many_gradients(z, [x], starts)[0]
    return not any(np.any(part[_where(~side, b)]) for part, side in zip(back, sides, strict=True))


def _along(side: Array, ndim: int, axis: int) -> Array:
    return side.reshape([-1 if k == axis else 1 for k in range(ndim)])


def _where(side: Array, axis: int) -> Any:
    return (*(slice(None),) * axis, side)


def _block_of(shape: Shape, axes: Sequence[int], lengths: Sequence[int]) -> Array:
    """For each element, in order, the number of the block that its indices on some axes name."""
    block = np.zeros(shape, dtype=int)
    for axis, length in zip(axes, lengths, strict=True):
        block = block * length + _along(np.arange(length), len(shape), axis)
    return block.ravel()
