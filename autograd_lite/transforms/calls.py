"""What all transforms do first: call a function with fresh variables in place of numbers."""

from __future__ import annotations

import functools
import inspect
import types
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from autograd_lite.engine import clock, modes
from autograd_lite.engine.graph import bounds_of, leading_to, leads_to
from autograd_lite.engine.objects import joined
from autograd_lite.engine.observing import clearer
from autograd_lite.engine.primitive import PRIMITIVES
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import Variable, is_variable
from autograd_lite.transforms.trees import leaves_of, map_leaves, with_leaves

Argnums = int | str | Sequence[int | str]
Leaf = TypeVar("Leaf", bound=Variable)
Place = int | str
"""Where an argument stands: its position, or its keyword."""


class Transformed:
    """What a transform of a function returns: an object, so that it can be pickled if f can."""

    name: str

    def __init__(self, f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> None:
        check_function(self.name, f)
        functools.update_wrapper(self, f)  # type: ignore[arg-type]
        self._f = f
        self._has_aux = has_aux
        self._several = not isinstance(argnums, int | str)
        self._argnums = (argnums,) if isinstance(argnums, int | str) else tuple(argnums)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return f"<{self.name} of {getattr(self._f, '__qualname__', self._f)!s}>"

    def _places(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Place]:
        return [place_of(self.name, i, self._f, args, kwargs) for i in self._argnums]


def check_function(name: str, f: Any) -> None:
    """Raise TypeError if f cannot be called."""
    if not callable(f):
        raise TypeError(f"{name}: a function is needed, not {type(f).__name__}")


# ---------------------------------------------------------------- the arguments


def place_of(
    name: str, which: int | str, f: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Place:
    """Where the argument stands that is meant by its number, or by its parameter's name."""
    if not isinstance(which, str):
        if not -len(args) <= which < len(args):
            raise TypeError(
                f"{name}: differentiates by positional argument {which}, but {len(args)} were "
                "given; choose others with argnums"
            )
        return which % len(args)
    if which in kwargs:
        return which
    try:
        given = inspect.signature(f).bind_partial(*args, **kwargs).arguments
        names = list(inspect.signature(f).parameters)
    except (TypeError, ValueError):
        given, names = {}, []
    if which in given and which in names:
        return names.index(which)
    raise TypeError(
        f"{name}: differentiates by the argument {which!r}, which was not given"
        + (f"; the parameters are {', '.join(names)}" if names else "")
    )


class Call:
    """A call of f with fresh variables in place of the numbers and arrays of some arguments.

    To be made outside of any block of its own; whether anything is recorded outside decides
    whether a derivative is to be one that can be differentiated again.
    """

    __slots__ = ("_trees", "inputs", "leaves", "name", "output", "record")

    def __init__(
        self,
        name: str,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        places: Sequence[Place],
    ) -> None:
        self.name = name
        self._trees = [(kwargs[i] if isinstance(i, str) else args[i], i) for i in places]
        for tree, i in self._trees:
            if tree is None:
                _fresh(name, called(i), tree, "")  # which refuses it
        outside = modes.is_recording()
        self.leaves = [x for tree, i in self._trees for x in leaves_of(tree, called(i))]
        """What stands there."""
        nested = outside and any(map(is_variable, self.leaves))
        self.record: bool | None = True if nested else None if outside else False
        """Whether derivatives are to be variables; None: if f depends on one from outside."""
        clock.tick()  # what f computes from here on is younger than what it closes over
        with modes.in_any_case():
            wrapped = {
                i: map_leaves(functools.partial(_fresh, name, called(i)), tree)
                for tree, i in self._trees
            }
            inputs = [leaf for i in places for leaf in leaves_of(wrapped[i])]
            given = [wrapped.get(i, x) for i, x in enumerate(args)]
            named = {key: wrapped.get(key, x) for key, x in kwargs.items()} if kwargs else kwargs
            try:
                self.output = f(*given, **named)
            except ValueError as error:
                raise clearer(error) from error
            """What f returned, which may have changed what it was given."""
        self.inputs = [x.first for x in inputs]
        """The variables, as they were given to f, which may have written into them."""

    def in_form(self, gradients: Sequence[Any]) -> list[Any]:
        """A gradient for each input, in the structure of each of the arguments."""
        rest = map(as_given, gradients, self.leaves)
        return [with_leaves(tree, rest) for tree, _ in self._trees]

    def map_trees(self, leaves: Sequence[Any]) -> list[Any]:
        """The arguments with these in place of the leaves, as they are."""
        rest = iter(leaves)
        return [with_leaves(tree, rest) for tree, _ in self._trees]


def called(place: Place) -> str:
    """What errors call an argument."""
    return f"argument {place}"


def _fresh(name: str, argument: str, leaf: Any, where: str) -> Any:
    """A fresh variable in place of a number or array."""
    if is_variable(leaf):  # its own node, from which the way back leads on to the outer one
        return PRIMITIVES["positive"].function(leaf)
    if isinstance(leaf, float | int | np.integer) and not isinstance(leaf, bool):
        return as_argument(Value(leaf))
    is_stand_in = isinstance(leaf, StandIn) and leaf.dtype.kind != "b"
    if isinstance(leaf, np.ndarray | np.inexact | complex) or is_stand_in:
        return as_argument(Tensor(leaf))
    raise TypeError(
        f"{name}: {argument}{where} is of type {type(leaf).__name__}; numbers, arrays and nested "
        "dicts, lists and tuples of them can be differentiated by"
    )


def as_argument(leaf: Leaf) -> Leaf:
    """A leaf that a function is given to be differentiated: its copies are recorded."""
    leaf.set_note("argument", True)
    return leaf


def as_given(gradient: Any, leaf: Any) -> Any:
    """A gradient in the form of the number, array or variable that it is for."""
    if isinstance(gradient, StandIn):
        return gradient.in_form_of(leaf)
    if isinstance(gradient, Variable) or not isinstance(leaf, np.ndarray | Tensor):
        return gradient.item() if isinstance(leaf, complex) else gradient
    floating = leaf.dtype.kind in "fc"  # of any byte order
    return np.asarray(gradient, dtype=leaf.dtype if floating else None)


# ---------------------------------------------------------------- what f returned


def outputs_of(name: str, output: Any) -> Any:
    """What f returned, a nest, with each leaf a variable or a plain number or array of floats;
    an array of variables becomes a Tensor.

    Raises:
        TypeError: if there is anything else in it.
    """

    def leaf_of(leaf: Any, where: str) -> Any:
        if is_variable(leaf):
            return leaf.node
        if isinstance(leaf, np.ndarray) and leaf.dtype == object:
            return as_one(leaf)
        if isinstance(leaf, np.ndarray | np.generic | StandIn) and leaf.dtype.kind in "fiuc":
            return leaf
        if isinstance(leaf, float | int | complex) and not isinstance(leaf, bool):
            return leaf
        raise TypeError(
            f"{name}: f returned {type(leaf).__name__}{f' at {where}' if where else ''}; numbers, "
            "arrays and nested dicts, lists and tuples of them can be differentiated"
        )

    if output is None:
        raise TypeError(f"{name}: f returned None, which cannot be differentiated")
    return map_leaves(leaf_of, output)


def as_one(x: Any) -> Any:
    """An array of variables as one Tensor; of one without axes, what it holds. Else x itself."""
    if not isinstance(x, np.ndarray) or x.dtype != object:
        return x
    return joined(x) if x.ndim else x.item()


def as_scalar(name: str, output: Any, holomorphic: bool = False) -> Any:
    """The number that f returned, by itself or as an array of one element."""
    if isinstance(output, np.ndarray):
        with modes.in_any_case():
            output = as_one(output)
    if getattr(output, "ndim", 0) and output.size == 1 and output.dtype.kind in "fciu":
        with modes.in_any_case():
            output = PRIMITIVES["reshape"].function(output, ())
    if is_variable(output):
        if output.ndim:
            raise ValueError(
                f"{name}: f returned shape {output.shape}, and one number is needed: "
                "reduce it with sum() or mean()"
            )
        if output.__class__ is not Value and output.dtype.kind == "c" and not holomorphic:
            raise TypeError(
                f"{name}: f returned a complex number, and a real one is needed: take its real "
                "part or its absolute value; or say holomorphic=True if f is"
            )
        return output
    if isinstance(output, float | int | np.floating | np.integer) or (
        isinstance(output, np.ndarray | StandIn) and output.ndim == 0 and output.dtype.kind in "fiu"
    ):
        return output
    shape = f" of shape {output.shape}" if isinstance(output, np.ndarray) else ""
    raise TypeError(f"{name}: f returned {type(output).__name__}{shape}, and one number is needed")


def plain(output: Any) -> Any:
    """The number or array that a variable holds; of anything else itself."""
    if not is_variable(output):
        return output
    held = output.detach()
    return held if output.__class__ is Value or output.ndim else number_of(held)


def number_of(x: Any) -> Any:
    """A NumPy number or array without axes as Python's number, if that is as precise."""
    if isinstance(x, np.ndarray) and not x.ndim:
        x = x[()]
    return x.item() if isinstance(x, np.float64 | np.complex128) else x


def plain_tree(output: Any) -> Any:
    """A nest with the numbers and arrays that its variables hold."""
    return map_leaves(lambda leaf, where: plain(leaf), output)


def with_aux(name: str, output: Any) -> tuple[Any, Any]:
    """The two things that a function with something else to return returns."""
    if not isinstance(output, tuple) or len(output) != 2:
        raise TypeError(
            f"{name}: with has_aux=True f returns a pair, its result and anything else; it "
            f"returned {type(output).__name__}"
        )
    return output


def zero_of(x: Any) -> Any:
    """0 in the shape of a number, array or variable."""
    if x.__class__ is Value or isinstance(x, float | int | complex):
        return 0.0
    return np.zeros(x.shape, x.dtype if x.dtype.kind in "fc" else float)


# ---------------------------------------------------------------- what depends on nothing


def warn_if_cut(name: str, outputs: Sequence[Any], inputs: Sequence[Any]) -> bool:
    """Warn if what f returned depends on no input, nor on any variable that is older: then the
    graph was cut within f. A derivative that is constant, of a linear function, is no such cut.

    Returns:
        Whether it depends on no input, but on an older variable.
    """
    if not inputs:
        return False
    variables = [x for x in outputs if is_variable(x)]
    if not variables:
        _warn(
            f"{name}: f returned a plain number, which depends on nothing: its derivative is 0. "
            "Was the graph cut, by .item(), .detach() or .data?"
        )
        return False
    wanted = frozenset(inputs)
    bounds = bounds_of(wanted)
    if any(leads_to(output, wanted, bounds) for output in variables):
        return False
    walks = [leading_to(output, wanted, bounds) for output in variables]
    if any(older for _, older in walks):
        return True
    if not any(map(_is_derivative, variables)):
        _warn(
            f"{name}: what f returned does not depend on what it is differentiated by: the "
            "derivative is 0. Was the graph cut, by Tensor(x.data), .item() or .detach()?"
        )
    return False


def _warn(message: str) -> None:
    """Warn at the line outside of this package from which it was called."""
    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").startswith(__package__):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, UserWarning, stacklevel=level)


def mark_derivative(g: Any) -> Any:
    """Note that a variable is a derivative which happens to be constant."""
    if is_variable(g) and g.is_leaf:
        g.set_note("derivative", True)
    return g


def as_recorded(derivative: Any, like: Any) -> Any:
    """A derivative as a variable, which a constant one is as well, that can be differentiated
    again without a warning; of the kind of a number, array or variable."""
    if is_variable(derivative):
        return mark_derivative(derivative)
    is_number = like.__class__ is Value or isinstance(like, float | int)
    is_number = is_number and not isinstance(derivative, StandIn)
    return mark_derivative((Value if is_number else Tensor)(derivative))


def _is_derivative(output: Any) -> bool:
    """Whether it was computed from a derivative that happens to be constant."""
    return any(x.note("derivative") for x in leading_to(output, None)[0])
