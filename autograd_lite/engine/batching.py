"""How primitives take what is Batched (see `batch`).

An elementwise primitive is applied to the whole at once; a structural one by the rule `batched` of
its declaration, which is written in functions of the table; where there is no rule, to each example
in turn. Of batches inside each other the innermost is taken off first, so that a rule need only
know of one.

Variables stand outside: a Tensor may hold a Batched where others hold an array. So the graph, the
reverse pass and forward mode need to know little of it: a gradient that is Batched, where what it
is for is not, is one for each example, and is summed as soon as its level is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.engine.apply import (
    BATCHED,
    TENSOR,
    apply,
    as_operand,
    explained,
    is_known,
    record_as,
    register,
)
from autograd_lite.engine.batch import Batched, Level, depends_on, innermost, levels_of, parts_of
from autograd_lite.engine.chain import detached
from autograd_lite.engine.layout import apart, axes_by_stride, in_order
from autograd_lite.engine.primitive import (
    PRIMITIVES,
    Array,
    Elementwise,
    Primitive,
    Rule,
    Structural,
)
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.variable import Variable

# ---------------------------------------------------------------- evaluating


def evaluate(primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """The value of a primitive on plain numbers and arrays, some of which are stand-ins."""
    if primitive in (ENTER, LEAVE):
        return primitive.arrays(*operands, **params)
    deepest: StandIn | None = None
    for x in operands:
        if isinstance(x, StandIn) and (deepest is None or x.depth > deepest.depth):
            deepest = x
    if deepest is None:
        return primitive.arrays(*operands, **params)
    if deepest.__class__ is not Batched:
        return deepest.evaluate(primitive, operands, params)
    level = deepest.level
    try:
        if isinstance(primitive, Elementwise):
            result = Batched(level, evaluate(primitive, aligned(level, operands), params))
            return apart(result, operands)
        assert isinstance(primitive, Structural)
        if primitive.batched is not None:
            result = _by_rule(level, primitive, operands, params)
            if result is not NotImplemented:
                return apart(result, operands)
    except (ValueError, TypeError, IndexError) as error:
        if isinstance(primitive, Elementwise):
            raise explained(primitive, error, operands) from None
    return each(level, lambda *xs: evaluate_plain(primitive, xs, params), tuple(operands), {})


def evaluate_plain(primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """The same, with NumPy's errors explained."""
    try:
        return evaluate(primitive, operands, params)
    except (ValueError, TypeError, IndexError) as error:
        raise explained(primitive, error, operands) from None


def aligned(level: Level, operands: Sequence[Any]) -> list[Any]:
    """The operands with the batch axis in front, and the axes of an example where they broadcast
    as those of one example would."""
    which = [x.__class__ is Batched and x.level is level for x in operands]
    given = [x.payload if mine else x for x, mine in zip(operands, which, strict=True)]
    return in_front(which, given)


def in_front(which: Sequence[bool], given: Sequence[Any]) -> list[Any]:
    """Operands, some of which have a batch axis in front (`which`), with lengths of 1 behind it, so
    that they broadcast as those of one example do."""
    most = max(
        [getattr(x, "ndim", 0) - mine for x, mine in zip(given, which, strict=True)], default=0
    )
    aligned = []
    for x, mine in zip(given, which, strict=True):
        missing = most + 1 - x.ndim if mine else 0
        if missing:
            x = x.reshape((x.shape[0], *(1,) * missing, *x.shape[1:]))
        aligned.append(x)
    return aligned


def _by_rule(
    level: Level, primitive: Structural, operands: Sequence[Any], params: Mapping[str, Any]
) -> Any:
    """By the rule of the declaration, which sees the batch axis in front."""
    rule = primitive.batched
    if rule == "last":
        return _wrapped(level, evaluate(primitive, aligned(level, operands), params))
    which = tuple([x.__class__ is Batched and x.level is level for x in operands])
    given = [x.payload if mine else x for x, mine in zip(operands, which, strict=True)]
    if rule == "axis":
        given = _for_each(level, which, given)
        result = apply(primitive, given, {**params, "axis": behind(params["axis"], given[0])})
    else:
        assert callable(rule)
        result = rule(which, *given, **params)
    return result if result is NotImplemented else _wrapped(level, result)


def _wrapped(level: Level, result: Any) -> Any:
    if isinstance(result, tuple | list):
        return _like(result, tuple([Batched(level, one) for one in result]))
    return Batched(level, result)


def _like(results: Any, parts: Any) -> Any:
    """These parts with the names that several results have, if they have names."""
    make = getattr(results, "_make", None)
    return parts if make is None else make(parts)


def _for_each(level: Level, which: Sequence[bool], given: list[Any]) -> list[Any]:
    """The operands, each with a batch axis in front; Python's numbers in the dtype of the others,
    which as arrays of their own they would change."""
    if all(which):
        return given
    dtypes = [x.dtype for x in given if hasattr(x, "dtype")]
    return [
        x
        if mine
        else spread(
            x if hasattr(x, "dtype") else np.asarray(x, np.result_type(*dtypes, x)), level.size
        )
        for x, mine in zip(given, which, strict=True)
    ]


def behind(axis: Any, x: Any) -> Any:
    """The axes of one example as axes of the whole x, which has the batch axis in front."""
    if axis is None:
        return tuple(range(1, x.ndim))
    if isinstance(axis, tuple):
        return tuple([behind(a, x) for a in axis])
    return axis + 1 if axis >= 0 else axis


def spread(x: Any, size: int) -> Any:
    """x once for each example."""
    return PRIMITIVES["broadcast_to"].function(x, (size, *getattr(x, "shape", ())))


# ---------------------------------------------------------------- one example after the other


def each(level: Level, function: Rule, args: Any, kwargs: Any) -> Any:
    """The function of each example in turn, and the results side by side again.

    Whatever in the arguments is Batched at this level, or is a variable that holds such, is given
    as one example. Of results that are no arrays (a shape, a truth value) all must be the same."""
    whole = _mapped(lambda x: leave(x, level) if depends_on(level, x) else _Fixed(x),
                    (args, kwargs))  # fmt: skip

    def example(i: int) -> Any:
        given, named = _mapped(lambda x: x.it if x.__class__ is _Fixed else _example(x, i), whole)
        kinds = [x.__class__ for x in parts_of((given, named))]
        result = function(*given, **named)
        if [x.__class__ for x in parts_of((given, named))] != kinds:
            raise _WroteIntoExamplesError("what is written into one example of a batch is lost")
        return result

    results = [example(i) for i in range(level.size or 1)]
    if any(depends_on(level, x) for x in parts_of(results)):  # by what it closes over
        raise TypeError("a function that holds a whole batch cannot be given one example of it")
    return _side_by_side(level, results)


class _WroteIntoExamplesError(TypeError):
    """A function wrote into Tensors that hold a copy of one example each."""


class _Fixed:
    """What is the same for all examples."""

    __slots__ = ("it",)

    def __init__(self, it: Any) -> None:
        if it.__class__ is np.ndarray:  # what one example wrote into it, all others would see
            it = it.view()
            it.flags.writeable = False
        self.it = it


def _example(x: Any, i: int) -> Any:
    if not x.shape[0]:  # none at all: one that tells the shape
        return np.zeros(x.shape[1:], x.dtype)[()]
    return PRIMITIVES["getitem"].function(x, i)


def _mapped(change: Callable[[Any], Any], thing: Any) -> Any:
    """The same nest of tuples, lists and dicts with its parts changed."""
    if isinstance(thing, tuple | list):
        items = [_mapped(change, x) for x in thing]
        return items if isinstance(thing, list) else tuple(items)
    if isinstance(thing, dict):
        return {key: _mapped(change, x) for key, x in thing.items()}
    return change(thing)


def _side_by_side(level: Level, results: list[Any]) -> Any:
    first = results[0]
    if isinstance(first, tuple | list) and not _is_same(first, results):
        joined = [_side_by_side(level, list(each_one)) for each_one in zip(*results, strict=True)]
        return _like(first, joined if type(first) is list else tuple(joined))
    if not isinstance(first, np.ndarray | np.generic | Variable | StandIn):
        if _is_same(first, results):
            return first
        if not all(isinstance(x, bool | int | float | complex) for x in results):
            raise TypeError(f"the examples of a batch give different results: {first!r}, …")
    if any(isinstance(x, Variable | StandIn) for x in results):
        whole = PRIMITIVES["stack"].function(results)
    else:
        whole = _stacked([np.asarray(x) for x in results])
    return enter(whole[:0] if not level.size else whole, level)


def _stacked(arrays: list[Array]) -> Array:
    """np.stack, where each lies in memory as it did."""
    order = axes_by_stride(arrays[0].shape, arrays[0].strides)
    if order == sorted(order):
        return np.stack(arrays)
    whole = np.stack([array.transpose(order) for array in arrays])
    return whole.transpose((0, *(1 + i for i in np.argsort(order))))


def _is_same(first: Any, results: list[Any]) -> bool:
    """Whether they hold no arrays, and are all equal."""
    arrays = np.ndarray | np.generic | Variable | StandIn
    if any(isinstance(x, arrays) for x in parts_of(first)):
        return False
    return all(type(x) is type(first) and (x is first or x == first) for x in results)


def one_by_one(error: Exception, function: Rule, args: Any, kwargs: Any) -> Any:
    """What a function that failed gives for one example after the other of a batch, or when a
    program that is being traced runs; if there is neither, its error."""
    level = innermost(args, kwargs)
    if level is None:
        return _when_it_runs(error, function, args, kwargs)

    def of_one(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as of_rest:  # an example may still be a batch, further out
            return one_by_one(of_rest, function, args, kwargs)

    try:
        return each(level, of_one, args, kwargs)
    except _WroteIntoExamplesError:
        raise error from None
    except Exception as wrong:  # with one example, if anything is
        raise wrong from (None if type(wrong) is type(error) else error)


@dataclass(frozen=True)
class PullbackOf:
    """The pullback of a primitive for one of its operands, as a function that has a name and that
    equals another one of the same."""

    primitive: Primitive
    index: int

    @property
    def __name__(self) -> str:
        return f"pullback_of_{self.primitive.name}"

    def __call__(self, *args: Any, **params: Any) -> Any:
        return self.primitive.pullbacks[self.index](*args, **params)  # type: ignore[misc]


def _when_it_runs(error: Exception, function: Rule, args: Any, kwargs: Any) -> Any:
    """What a function that is steered by numbers gives where these are known only when a program
    runs: the program calls it. If nothing stands for such numbers, the error."""
    plain = [detached(x) for x in parts_of((args, kwargs))]
    if getattr(error, "is_final", False) or not any(isinstance(x, StandIn) for x in plain):
        raise error
    from autograd_lite.engine.when_run import noted  # which needs what this is a part of

    return noted(function, args, kwargs)


# ---------------------------------------------------------------- in and out


def enter(x: Any, level: Level) -> Any:
    """x, whose first axis counts the examples, as what one example sees."""
    return apply(ENTER, (x,), {"level": level})


def leave(x: Any, level: Level) -> Any:
    """What one example sees, with the axis that counts the examples in front."""
    if isinstance(x, Variable) and level not in levels_of(x):
        return spread(x, level.size)
    return apply(LEAVE, (x,), {"level": level})


def _enter(x: Any, level: Level) -> Batched:
    if x.__class__ is Batched and x.level.depth > level.depth:
        return Batched(x.level, _enter(x.payload.swapaxes(0, 1), level))
    return Batched(level, x)


def _leave(x: Any, level: Level) -> Any:
    if x.__class__ is not Batched or x.level.depth < level.depth:
        return spread(x, level.size)
    if x.level is level:
        return x.payload
    return Batched(x.level, _leave(x.payload, level).swapaxes(0, 1))


def _way(name: str, function: Rule, arrays: Rule, back: Rule) -> Structural:
    """A way into a batch or out of it, as a primitive: its gradient takes the way back."""
    return Structural(
        name=name,
        operands=("x",),
        text="{x}",
        arrays=arrays,
        pullbacks=(lambda g, z, x, level: back(g, level),),
        linear="jointly",
        function=function,
    )


ENTER = _way("into_batch", enter, _enter, leave)
LEAVE = _way("out_of_batch", leave, _leave, enter)


def apply_batched(primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Apply a primitive where an operand is Batched: recorded if there is a variable."""
    given = [x if is_known(x) else as_operand(primitive.name, x) for x in operands]
    if any(isinstance(x, Variable) for x in given):
        return record_as(TENSOR, primitive, given, params)
    return evaluate_plain(primitive, given, params)


def each_its_own(array: Array, like: Batched) -> Any:
    """A copy of an array for each example of all batches that another one is in."""
    levels = levels_of(like)
    sizes = [level.size for level in reversed(levels)]
    whole: Any = np.broadcast_to(array, (*sizes, *array.shape))
    for level in reversed(levels):
        whole = Batched(level, whole)
    return in_order(whole, axes_by_stride(array.shape, array.strides))


def closed(part: Any, data: Any) -> Any:
    """A gradient for a variable that holds `data`: summed over each batch that is no longer open
    and that the variable is not in."""
    inside = levels_of(data)
    for level in levels_of(part):
        if not level.is_open and level not in inside:
            part = PRIMITIVES["sum"].function(leave(part, level), 0)
    return part


register(BATCHED, Batched, apply_batched)
