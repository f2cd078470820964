"""einsum in all its forms, against NumPy's and central differences."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from linalg_checks import check, derivative, random, single

from autograd_lite import Tensor, Value, grad
from autograd_lite.primitives.einsum import contract

FORMS = [
    ("ij,jk", [(2, 3), (3, 2)]),
    ("ij,jk->ki", [(2, 3), (3, 2)]),
    ("ba", [(2, 3)]),
    ("ii", [(3, 3)]),
    ("ii->i", [(3, 3)]),
    ("iij->j", [(2, 2, 3)]),
    ("iji->ij", [(2, 3, 2)]),
    ("iiii->i", [(2, 2, 2, 2)]),
    ("ij->", [(2, 3)]),
    ("ij->j", [(2, 3)]),
    ("->", [()]),
    (",->", [(), ()]),
    (",i->i", [(), (3,)]),
    ("i,i", [(3,), (3,)]),
    ("i,i->i", [(1,), (3,)]),
    ("ij,ij->i", [(2, 1), (1, 3)]),
    ("i,j", [(2,), (3,)]),
    ("ij,kl->", [(2, 2), (1, 3)]),
    ("ii,ij->ij", [(3, 3), (3, 2)]),
    ("ij,ji,jj->i", [(2, 2), (2, 2), (2, 2)]),
    ("i...,j...->ij...", [(2, 3), (2, 1)]),
    ("...ij,...jk->...ik", [(2, 2, 3), (3, 2)]),
    ("...ij,...jk", [(1, 2, 3), (2, 3, 2)]),
    ("i...->...", [(3, 2)]),
    ("...i->...", [(3,)]),
    ("ij...,...->i...", [(2, 3, 2), (1,)]),
    ("i...i", [(2, 3, 2)]),
    (" i j , j k -> i k ", [(2, 3), (3, 2)]),
    ("ab,bc,cd", [(2, 2), (2, 3), (3, 2)]),
    ("ab,bc,cd,de->ae", [(2, 2), (2, 1), (1, 3), (3, 2)]),
    ("bhid,bhjd->bhij", [(1, 2, 2, 3), (1, 2, 2, 3)]),
]


@pytest.mark.parametrize("optimize", [False, True, "optimal"])
@pytest.mark.parametrize(("subscripts", "shapes"), FORMS)
def test_strings(subscripts: str, shapes: list[tuple[int, ...]], optimize: Any) -> None:
    arrays = [random(shape, i) for i, shape in enumerate(shapes)]
    check(lambda *xs: np.einsum(subscripts, *xs, optimize=optimize), *arrays)


@pytest.mark.parametrize("call", [
    lambda x, y: np.einsum(x, [0, 1], y, [1, 2]),
    lambda x, y: np.einsum(x, [0, 1], y, [1, 2], [2, 0]),
    lambda x, y: np.einsum(x, [26, 1], y, [1, 0]),
    lambda x, y: np.einsum(x, [..., 1], y, [1, 2], [2, ...]),
    lambda x, y: np.einsum(x, (0, 1), y, (2, 3), ()),
])  # fmt: skip
def test_numbers_of_axes(call: Any) -> None:
    check(call, random((2, 3)), random((3, 2), 1))


@pytest.mark.parametrize("dtypes", [(complex, complex), (float, complex), (complex, float)])
@pytest.mark.parametrize("subscripts", ["ij,jk->ik", "ij,jk->j", "jj,jk->jk"])
def test_complex(subscripts: str, dtypes: Any) -> None:
    x, y = random((2, 2), 0, dtypes[0]), random((2, 2), 1, dtypes[1])
    check(lambda x, y: np.einsum(subscripts, x, y), x, y)


LABELS = "abcd"


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, list[tuple[int, ...]]]:
    """Subscripts of up to three operands with labels that repeat in every way, and shapes."""
    lengths = {c: draw(st.integers(0, 3)) for c in LABELS}
    terms = draw(st.lists(st.text(LABELS, max_size=3), min_size=1, max_size=3))
    used = sorted(set("".join(terms)))
    output = "".join(draw(st.permutations(used))[: draw(st.integers(0, len(used)))])
    shapes = [tuple(lengths[c] for c in term) for term in terms]
    return f"{','.join(terms)}->{output}", shapes


@given(call=calls(), optimize=st.booleans())
def test_any_subscripts(call: tuple[str, list[tuple[int, ...]]], optimize: bool) -> None:
    subscripts, shapes = call
    arrays = [random(shape, i) for i, shape in enumerate(shapes)]
    check(lambda *xs: np.einsum(subscripts, *xs, optimize=optimize), *arrays)


LARGE = [
    ("ij,jk->ik", [(20, 30), (30, 25)]),
    ("ji,kj->ik", [(30, 20), (25, 30)]),
    ("bij,bjk->bik", [(3, 20, 30), (3, 30, 25)]),
    ("bij,bkj->ikb", [(3, 20, 30), (3, 25, 30)]),
    ("bhid,bhjd->bhij", [(2, 3, 20, 8), (2, 3, 20, 8)]),
    ("ijk,kjl->il", [(10, 20, 30), (30, 20, 5)]),
    ("ij,jk,kl->il", [(20, 30), (30, 20), (20, 10)]),
    ("bi,bi->b", [(200, 300), (200, 300)]),
    ("bij,bj->bi", [(20, 30, 30), (20, 30)]),
    ("bij,bj->b", [(20, 30, 30), (20, 30)]),
    ("ij,j->i", [(100, 100), (100,)]),
    ("i,j->ij", [(100,), (100,)]),
]


@pytest.mark.parametrize("dtype", [float, np.float32, complex])
@pytest.mark.parametrize(("subscripts", "shapes"), LARGE)
def test_large_ones_by_blas(subscripts: str, shapes: list[tuple[int, ...]], dtype: Any) -> None:
    arrays = [random(shape, i, dtype) for i, shape in enumerate(shapes)]
    z = np.einsum(subscripts, *map(Tensor, arrays)).detach()
    expected = np.einsum(subscripts, *arrays)
    assert z.dtype == expected.dtype
    rtol = 1e-3 if dtype is np.float32 else 1e-10
    np.testing.assert_allclose(z, expected, rtol=rtol, atol=rtol)


def test_the_kinds_of_operands() -> None:
    x = random((2, 3))
    single(lambda x, y: np.einsum("ij,jk->ik", x, y), x, x.T)
    expected = np.einsum("ij,j->i", x, [1, 2, 3])
    np.testing.assert_allclose(np.einsum("ij,j->i", Tensor(x), [1, 2, 3]).detach(), expected)
    assert np.einsum("ij->i", Tensor(x), dtype=np.float32).dtype == np.float32
    (g,) = derivative(lambda v: np.einsum("i,->", v, 2.0), [np.ones(3)])
    assert len(set(g.tolist())) == 1
    v = np.array([Value(1.0), Value(2.0)])
    np.einsum("i,i->", v, v).backward()
    assert [one.grad for one in v] == [2.0, 4.0]
    assert np.einsum(",->", Value(2.0), Value(3.0)).item() == 6.0


@pytest.mark.parametrize(("arguments", "said"), [
    (("ij,jk", np.ones((2, 2))), "is for 2 operand"),
    (("ijk", np.ones((2, 2))), "does not fit an operand of 2 axes"),
    (("i", np.ones((2, 2))), "does not fit"),
    (("ij->k", np.ones((2, 2))), "must be one of an operand's"),
    (("ij->ii", np.ones((2, 2))), "once"),
    (("i1", np.ones((2, 2))), "is not made of letters"),
    (("i...->i", np.ones((2, 2))), "its output has not"),
    (("ij,jk", np.ones((2, 3)), np.ones((2, 3))), "have the lengths 3 and 2"),
    ((np.ones(2), [52]), "from 0 to 51"),
])  # fmt: skip
def test_what_does_not_fit(arguments: Any, said: str) -> None:
    given = [Tensor(x) if isinstance(x, np.ndarray) else x for x in arguments]
    with pytest.raises(ValueError, match=said):
        np.einsum(*given)
    with pytest.raises(ValueError):
        np.einsum(*arguments)


def test_a_gradient_of_an_attention_block() -> None:
    q, k, v = (random((2, 4, 3), i) for i in range(3))

    def f(q: Any, k: Any, v: Any) -> Any:
        scores = np.einsum("bid,bjd->bij", q, k)
        weights = np.exp(scores) / np.sum(np.exp(scores), axis=-1, keepdims=True)
        return np.einsum("bij,bjd->bid", weights, v)

    check(f, q, k, v)


def test_known_derivatives() -> None:
    x = random((3, 3))
    np.testing.assert_array_equal(grad(lambda x: np.einsum("ii->", x))(x), np.eye(3))
    np.testing.assert_allclose(grad(lambda x: np.einsum("ij,ij->", x, x))(x), 2 * x)
    np.testing.assert_allclose(grad(lambda x: contract((x, x), "ij,ji->"))(x), 2 * x.T, rtol=1e-14)
