"""Expressions on floats with their operands put in, by position and as syntax trees."""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping


def substituted(expression: str, given: Mapping[str, ast.expr]) -> ast.expr:
    """The expression with a tree in place of each of these names, all at once.

    >>> swap = {"x": ast.Name("y"), "y": ast.Name("x")}
    >>> ast.unparse(substituted("x / (y * x1)", swap))
    'y / (x * x1)'
    """
    result: ast.expr = _Substitution(given).visit(parsed(expression))
    return result


def parsed(expression: str) -> ast.expr:
    """An expression as a tree that is the caller's own."""
    return ast.parse(expression, mode="eval").body


class _Substitution(ast.NodeTransformer):
    def __init__(self, given: Mapping[str, ast.expr]) -> None:
        self._given = given

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._given.get(node.id, node)


@functools.lru_cache(maxsize=1024)
def functions_of(expression: str, operands: tuple[str, ...]) -> frozenset[str]:
    """The names in an expression that are no operands: of functions and constants.

    >>> sorted(functions_of("max(x, 0.0) + log1p(exp(-x))", ("x",)))
    ['exp', 'log1p', 'max']
    """
    names = {node.id for node in ast.walk(parsed(expression)) if isinstance(node, ast.Name)}
    return frozenset(names.difference(operands))


_ARITHMETIC = (
    ast.Constant, ast.Name, ast.Load, ast.UnaryOp, ast.USub, ast.UAdd,
    ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div,
)  # fmt: skip


@functools.lru_cache(maxsize=1024)
def is_arithmetic(expression: str) -> bool:
    """Whether it has only operations that every machine and library rounds in the same way."""
    return all(isinstance(node, _ARITHMETIC) for node in ast.walk(parsed(expression)))
