"""The rooms of the package: each imports only from those below it, nodes are read by their
protocol, and no operation is known by its name but where it is declared."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

from autograd_lite.engine.primitive import COMPOSED, PRIMITIVES
from autograd_lite.engine.recording import Results
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import Variable

ROOT = Path(__file__).parent.parent

BELOW: dict[str, set[str]] = {}
"""For each room, those that it may import from; itself among them."""
for floor in (
    ["engine"],
    ["primitives"],
    ["program"],
    ["transforms", "numerical"],
    ["scipy"],
    ["reading"],
    ["nn", "viz"],
    ["testing"],
    ["cli", "examples"],
):
    lower = set(BELOW)
    BELOW |= {room: lower | {room} for room in floor}
BELOW["nn"] -= {"reading"}

LAZY = {("testing", "nn"), ("testing", "viz")}
"""What is imported when it is asked for, inside of a function."""

PRIVATE = {
    name
    for kind in (Variable, Value, Tensor, Results)
    for name in getattr(kind, "__slots__", ())
    if name.startswith("_")
}


def python_files(*folders: str) -> list[Path]:
    """Those of the repository's own folders; `autograd_lite/nn` and `viz` are links."""
    found = itertools.chain.from_iterable((ROOT / folder).rglob("*.py") for folder in folders)
    return [p for p in found if not {"nn", "viz"} & set(p.relative_to(ROOT).parts[1:2])]


SOURCES = {p: ast.parse(p.read_text("utf-8")) for p in python_files("autograd_lite", "nn", "viz")}
OTHERS = {p: ast.parse(p.read_text("utf-8")) for p in python_files("examples", "benchmarks")}


def wrong_in(
    files: dict[Path, ast.Module], look: Callable[[Path, ast.AST], list[str]]
) -> dict[str, list[str]]:
    """What is wrong, by the file that it is in."""
    found = {str(path.relative_to(ROOT)): look(path, tree) for path, tree in files.items()}
    return {path: wrong for path, wrong in found.items() if wrong}


def room_of(path: Path) -> str:
    """The room that a file is in: `engine`, … ; the root for those of the package itself."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[0] != "autograd_lite":
        return parts[0]
    return parts[1] if parts[1] in BELOW else "root"


def imports(tree: ast.AST) -> Iterator[tuple[str, str, int]]:
    """Each name that is imported from this package: (module, name, column)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0
            for alias in node.names:
                yield node.module, alias.name, node.col_offset
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, "", node.col_offset


def room_imported(module: str, name: str) -> str | None:
    """The room that an import is from; None if it is from elsewhere."""
    if module == "autograd_lite" and name in BELOW:
        return name
    parts = module.split(".")
    return None if parts[0] != "autograd_lite" else parts[1] if len(parts) > 1 else "root"


def upward(path: Path, tree: ast.AST) -> list[str]:
    """The imports of a file that go up."""
    room = room_of(path)
    if room == "root":
        return []
    wrong = []
    for module, name, column in imports(tree):
        other = room_imported(module, name)
        allowed = BELOW[room] | ({"root"} if room in ("cli", "examples") else set())
        lazy = column > 0 and (room, other) in LAZY
        if (
            other is not None
            and not lazy
            and other not in allowed - {o for r, o in LAZY if r == room}
        ):
            wrong.append(f"{module}.{name}".strip("."))
    return wrong


def test_imports_go_down() -> None:
    examples = {p: tree for p, tree in OTHERS.items() if room_of(p) == "examples"}
    assert wrong_in(SOURCES | examples, upward) == {}


def test_an_import_that_goes_up_is_noticed() -> None:
    engine, testing = ROOT / "autograd_lite/engine/x.py", ROOT / "autograd_lite/testing/x.py"
    assert upward(engine, ast.parse("from autograd_lite.reading.cards import Card"))
    assert upward(engine, ast.parse("def f():\n    import autograd_lite.viz"))
    assert upward(ROOT / "nn/x.py", ast.parse("from autograd_lite import viz"))
    assert upward(ROOT / "viz/x.py", ast.parse("from autograd_lite.nn import Affine"))
    assert upward(testing, ast.parse("from autograd_lite import viz"))
    assert not upward(testing, ast.parse("def f():\n    from autograd_lite import viz"))
    assert not upward(ROOT / "viz/x.py", ast.parse("from autograd_lite.reading.cards import Card"))


def test_names_with_an_underscore_stay_in_their_file() -> None:
    def taken(path: Path, tree: ast.AST) -> list[str]:
        names = [name for module, name, _ in imports(tree) if module.startswith("autograd_lite")]
        return [name for name in names if name.startswith("_") and name != "__version__"]

    assert wrong_in(SOURCES | OTHERS, taken) == {}


# ---------------------------------------------------------------- nodes are read by their protocol


def private_reads(tree: ast.AST) -> list[str]:
    """The private attributes of nodes that a file reads, but for those of its own `self`."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in PRIVATE:
            own = isinstance(node.value, ast.Name) and node.value.id == "self"
            found += [] if own else [ast.unparse(node)]
        elif isinstance(node, ast.Constant) and node.value in PRIVATE:
            found.append(repr(node.value))
    return found


def test_nodes_are_read_by_their_protocol() -> None:
    inside = ("engine", "program")
    outside = {p: tree for p, tree in (SOURCES | OTHERS).items() if room_of(p) not in inside}
    assert wrong_in(outside, lambda path, tree: private_reads(tree)) == {}


def test_a_private_read_is_noticed() -> None:
    assert {"_plain", "_primitive", "_operands", "_a", "_notes"} <= PRIVATE
    assert private_reads(ast.parse("x = node._plain")) == ["node._plain"]
    assert private_reads(ast.parse("x = getattr(node, '_plain', node)")) == ["'_plain'"]
    assert not private_reads(ast.parse("class A:\n    def f(self):\n        return self._grad"))


# ---------------------------------------------------------------- operations are not known by name


def comparisons_of_names(tree: ast.AST) -> list[str]:
    """Where a name is compared with that of an operation, or matched with it."""
    known = {*PRIMITIVES, *COMPOSED}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            words = {c.value for side in (node.left, *node.comparators) for c in ast.walk(side)
                     if isinstance(c, ast.Constant) and isinstance(c.value, str)}  # fmt: skip
            named = [a for side in (node.left, *node.comparators) for a in ast.walk(side)
                     if isinstance(a, ast.Attribute | ast.Name)
                     and "name" in (a.attr if isinstance(a, ast.Attribute) else a.id)]  # fmt: skip
            if words & known and named:
                found.append(ast.unparse(node))
        elif isinstance(node, ast.MatchValue) and isinstance(node.value, ast.Constant):
            found += [repr(node.value.value)] if node.value.value in known else []
    return found


def test_no_operation_is_known_by_its_name() -> None:
    others = {p: tree for p, tree in SOURCES.items() if room_of(p) != "primitives"}
    assert wrong_in(others, lambda path, tree: comparisons_of_names(tree)) == {}


def test_a_comparison_of_names_is_noticed() -> None:
    assert comparisons_of_names(ast.parse('node.primitive.name == "multiply"'))
    assert comparisons_of_names(ast.parse('if name in ("add", "subtract"): pass'))
    assert comparisons_of_names(ast.parse('match p.name:\n    case "add": pass'))
    assert not comparisons_of_names(ast.parse('card.name == "x1"'))
    assert not comparisons_of_names(ast.parse('reduction == "mean"'))
