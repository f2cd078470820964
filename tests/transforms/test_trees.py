"""Arguments that are nested containers: of any class, as deep as one likes."""

from __future__ import annotations

import sys
import time
from collections import Counter, OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, grad, value_and_grad
from autograd_lite.transforms import hessian, jacobian, jvp, register_tree
from autograd_lite.transforms.trees import leaves_of, map_leaves

Pair = namedtuple("Pair", ["w", "b"])


class Typed(NamedTuple):
    w: float
    b: float = 2.0


class Checked(Pair):
    """A named tuple whose own `__new__` takes other arguments."""

    def __new__(cls, both: float) -> Any:
        return Pair.__new__(cls, both, both)


class Labelled(dict):
    """A dict that is made with something else than its items."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self.label = label


class Sized(list):
    def __init__(self, size: int) -> None:
        super().__init__([1.5] * size)
        self.size = size


class Point(tuple):
    __slots__ = ()

    def __new__(cls, x: float, y: float) -> Any:
        return tuple.__new__(cls, (x, y))


def labelled() -> Labelled:
    made = Labelled("mine")
    made.update(w=3.0, b=2.0)
    return made


CONTAINERS = {
    "defaultdict": lambda: defaultdict(float, w=3.0, b=2.0),
    "defaultdict without": lambda: defaultdict(None, {"w": 3.0}),
    "OrderedDict": lambda: OrderedDict(b=2.0, a=3.0),
    "Counter": lambda: Counter(a=3, b=-2),
    "labelled": labelled,
    "keys": lambda: {(1, "a"): 3.0, None: 2.0, 0.5: 1.0, frozenset({3}): 4.0, "\ud800\n": 5.0},
    "nan": lambda: {float("nan"): 3.0, float("nan"): 2.0},
    "namedtuple": lambda: Pair(3.0, 2.0),
    "NamedTuple": lambda: Typed(3.0),
    "checked": lambda: Checked(3.0),
    "sized": lambda: Sized(3),
    "point": lambda: Point(3.0, 2.0),
    "struct": lambda: time.struct_time(range(1, 10)),
    "empty": lambda: defaultdict(list),
    "nested": lambda: OrderedDict(a=[Pair(1.0, defaultdict(float, c=2.0)), ()], b=Counter(x=3)),
}


def squares(tree: Any) -> Any:
    return sum((x * x for x in leaves_of(tree)), start=0.0 * 1.0)


@pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)
def test_gradient_in_a_container_of_the_same_class(make: Any) -> None:
    tree = make()
    if not leaves_of(tree):
        assert map_leaves(lambda x, where: x, tree) == tree
        return
    result = grad(squares)(tree)
    same(result, tree)
    assert leaves_of(result) == [2.0 * x for x in leaves_of(tree)]
    assert leaves_of(tree) == leaves_of(make())


def same(result: Any, tree: Any) -> None:
    """Of the same classes and keys all the way down."""
    assert type(result) is type(tree) or not isinstance(tree, dict | list | tuple)
    if isinstance(tree, dict):
        assert list(map(repr, result)) == list(map(repr, tree))
        assert getattr(result, "default_factory", 0) == getattr(tree, "default_factory", 0)
        for a, b in zip(result.values(), tree.values(), strict=True):
            same(a, b)
    elif isinstance(tree, list | tuple):
        assert getattr(result, "__dict__", {}) == getattr(tree, "__dict__", {})
        for a, b in zip(result, tree, strict=True):
            same(a, b)


def trees() -> Any:
    leaves = st.integers(-4, 4).map(float)
    keys = st.none() | st.integers() | st.text(max_size=3) | st.tuples(st.booleans())
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(keys, inner, max_size=3).map(lambda d: defaultdict(int, d))
            | st.dictionaries(keys, inner, max_size=3).map(OrderedDict)
            | st.tuples(inner, inner).map(Pair._make)
        ),
        max_leaves=8,
    )


@given(trees())
def test_any_tree(tree: Any) -> None:
    result = map_leaves(lambda x, where: 2 * x, tree)
    same(result, tree)
    assert leaves_of(result) == [2 * x for x in leaves_of(tree)]
    assert all(eval(f"tree{w}", {"tree": tree}) == x for x, w in leaves_of(map_leaves(Leaf, tree)))


class Leaf:
    """What `map_leaves` says of a leaf."""

    def __init__(self, x: Any, where: str) -> None:
        self.parts = x, where

    def __iter__(self) -> Any:
        return iter(self.parts)


def test_what_f_does_to_its_argument_does_not_count() -> None:
    def changes(p: Any) -> Any:
        p["a"] = p["a"] * 2.0
        p["more"] = p["missing"]
        return p["a"] ** 2

    assert value_and_grad(changes)(defaultdict(float, a=3.0)) == (36.0, {"a": 24.0})
    shortened = grad(lambda p: p.pop() * p.pop() + 0.0 * len(p))([2.0, 3.0])
    assert shortened == [3.0, 2.0]


# ---------------------------------------------------------------- deep, and without end


@pytest.mark.parametrize("kind", [list, tuple, dict], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("depth", [2_000, 20_000])
def test_deep(kind: Any, depth: int) -> None:
    wrap = {list: lambda x: [x], tuple: lambda x: (x,), dict: lambda x: {"k": x}}[kind]
    key = "k" if kind is dict else 0
    tree: Any = 3.0
    for _ in range(depth):
        tree = wrap(tree)

    def square(p: Any) -> Any:
        while isinstance(p, kind):
            p = p[key]
        return p * p

    assert depth > sys.getrecursionlimit()
    result = grad(square)(tree)
    for _ in range(depth):
        assert type(result) is kind
        result = result[key]
    assert result == 6.0


def test_a_bad_leaf_deep_down_is_named() -> None:
    tree: Any = "text"
    for _ in range(3_000):
        tree = [tree]
    with pytest.raises(TypeError, match=r"argument 0(\[0\]){6}\[…\](\[0\]){3} is of type str") as e:
        grad(squares)(tree)
    assert len(str(e.value)) < 200


def test_a_list_that_contains_itself() -> None:
    tree: Any = [1.0, {"a": []}]
    tree[1]["a"].append(tree)
    with pytest.raises(
        ValueError, match=r"argument 0\[1\]\['a'\]\[0\]: a list that contains itself"
    ):
        grad(squares)(tree)
    alone: Any = {}
    alone["me"] = alone
    with pytest.raises(ValueError, match=r"argument 1\['me'\]: a dict that contains itself"):
        grad(lambda x, p: squares(p), argnums=1)(1.0, alone)


def test_one_list_twice_is_no_list_within_itself() -> None:
    part = [1.0, 2.0]
    assert grad(squares)([part, part, {"a": part}]) == [[2.0, 4.0], [2.0, 4.0], {"a": [2.0, 4.0]}]


# ---------------------------------------------------------------- what is refused


class Frozen(dict):
    def __setitem__(self, key: Any, item: Any) -> None:
        raise RuntimeError("frozen")


class Odd:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"p": Frozen(w=1.0)}, r"argument 0\['p'\]: a Frozen could not be built again .*frozen"),
        ({"p": [Odd()]}, r"argument 0\['p'\]\[0\] is of type Odd"),
        (MappingProxyType({"w": 1.0}), "argument 0 is of type mappingproxy"),
        ({"w": {1.0}}, r"argument 0\['w'\] is of type set"),
        ({"k" * 1000: "x"}, r"argument 0\['k+\.\.\.k+'\] is of type str"),
        ({Odd(): "x"}, r"argument 0\[<Odd instance at .*>\] is of type str"),
        ((x for x in [1.0]), "argument 0 is of type generator"),
    ],
)
def test_refused_with_its_place(argument: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        grad(squares)(argument)


def test_arrays_keep_their_places() -> None:
    tree = defaultdict(list, a=[np.array([1.0, 2.0]), 3.0], b=Pair(np.float32([2.0]), 1.0))
    result = grad(lambda p: (p["a"][0] * p["a"][1]).sum() + (p["b"].w * p["b"].b).sum())(tree)
    assert type(result) is defaultdict
    np.testing.assert_array_equal(result["a"][0], [3.0, 3.0])
    assert result["a"][1] == 3.0
    assert result["b"].w.dtype == np.float32


# ---------------------------------------------------------------- classes


@dataclass
class Line:
    slope: Any
    offset: Any
    name: str = field(default="line", metadata={"static": True})


@dataclass(frozen=True, slots=True)
class Strict:
    w: Any

    def __post_init__(self) -> None:
        assert isinstance(self.w, float | Value), "built with a float"


class Registered:
    def __init__(self, parts: Any, label: str) -> None:
        self.parts, self.label = parts, label


def test_dataclasses() -> None:
    p = {"line": Line(2.0, np.ones(2)), "w": (Strict(3.0), None)}
    g = grad(lambda p: np.sum(p["line"].slope * p["line"].offset) * p["w"][0].w)(p)
    assert type(g["line"]) is Line
    assert g["line"].slope == 6.0
    assert g["line"].offset.tolist() == [6.0, 6.0]
    assert g["line"].name == "line"
    assert type(g["w"][0]) is Strict
    assert g["w"] == (Strict(4.0), None)
    assert p["line"].slope == 2.0
    with pytest.raises(TypeError, match=r"argument 0\['a'\]\.offset is of type str"):
        grad(lambda p: 1.0)({"a": Line(1.0, "text")})


def test_attrs_classes_are_told_by_their_fields() -> None:
    class Attribute:
        def __init__(self, name: str, metadata: Any) -> None:
            self.name, self.metadata = name, metadata

    class Point:
        __attrs_attrs__ = (Attribute("x", {}), Attribute("unit", {"static": True}))

        def __init__(self, x: Any, unit: str) -> None:
            self.x, self.unit = x, unit

    g = grad(lambda p: p.x * p.x)(Point(3.0, "m"))
    assert (g.x, g.unit) == (6.0, "m")


def test_registered_classes() -> None:
    made = register_tree(
        Registered, lambda r: (r.parts, r.label), lambda label, parts: Registered(parts, label)
    )
    assert made is Registered
    p = [Registered([2.0, {"a": np.ones(2)}], "p")]
    g = grad(lambda p: np.sum(p[0].parts[0] * p[0].parts[1]["a"]))(p)
    assert type(g[0]) is Registered
    assert g[0].label == "p"
    assert g[0].parts[0] == 2.0
    assert g[0].parts[1]["a"].tolist() == [2.0, 2.0]
    J = jacobian(lambda p: {"z": p[0].parts[0] ** 2})(p)
    assert J["z"][0].parts[0] == 4.0
    H = hessian(lambda p: p[0].parts[0] ** 3)(p)
    assert H[0].parts[0][0].parts[0] == 12.0
    out = jvp(lambda x: Registered([x, x * x], "out"), (3.0,), (1.0,))[1]
    assert (out.parts, out.label) == ((1.0, 6.0), "out")
    with pytest.raises(TypeError, match="register_tree: a class is needed, not int"):
        register_tree(3, None, None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="register_tree: a dict is a container already"):
        register_tree(dict, None, None)  # type: ignore[arg-type]


def test_none_is_a_container_of_nothing() -> None:
    p = {"w": 2.0, "b": None, "c": [None, (None,)]}
    g = grad(lambda p: p["w"] ** 2)(p)
    assert g == {"w": 4.0, "b": None, "c": [None, (None,)]}
    assert jvp(lambda x: {"y": x * x, "none": None}, (3.0,), (1.0,))[1] == {"y": 6.0, "none": None}
