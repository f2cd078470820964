"""`Module`: a function with parameters that has a name for each of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Self

import numpy as np

from autograd_lite.engine.primitive import Array
from autograd_lite.engine.scopes import mark
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.nn.parameters import (
    Parameter,
    forget_gradient,
    is_parameter,
    plain,
    set_numbers,
)


class _Part(NamedTuple):
    """Something that a module holds: a parameter, a buffer or another module."""

    name: str  # dotted: `hidden.W`
    thing: Any
    holder: Any  # the dict or list that it stands in
    key: Any  # and where


class Module:
    """A function with parameters. A subclass sets attributes and says what `forward(x)` is.

    What an attribute holds decides what it is; attributes whose name starts with `_` are private.

    - a Tensor, a Value, or an array of Values: a parameter, which is learnt and saved;
    - a plain array: a buffer, which is saved and not learnt (running statistics, frozen weights);
    - a Module: its parameters and buffers belong here too, as `attribute.name`;
    - a list, tuple or dict of these: the same, as `attribute.0`, `attribute.key`.

    A parameter that two parts share has one name, the first.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Tensor(2.0), Tensor(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(3.0)
    Tensor(7.)
    >>> list(line.named_parameters())
    ['slope', 'offset']
    """

    training: bool = True
    """Whether it is being trained: dropout and batch normalisation ask."""

    def forward(self, x: Any) -> Any:
        """What the module computes from x; a subclass must say."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(x): write one")

    def __call__(self, x: Any) -> Any:
        y = self.forward(x)
        mark(y, x, type(self).__name__)  # so that a picture can draw the layer as a box
        return y

    # ------------------------------------------------------------ what it holds

    def named_parameters(self) -> dict[str, Parameter]:
        """The parameters by their dotted names, in the order in which they were set."""
        return {part.name: part.thing for part in _parts(self) if is_parameter(part.thing)}

    def parameters(self) -> list[Parameter]:
        """The parameters, in the order of `named_parameters()`."""
        return list(self.named_parameters().values())

    def named_buffers(self) -> dict[str, Array]:
        """The plain arrays that are saved with the parameters and not learnt, by name."""
        return {part.name: part.thing for part in _parts(self) if _is_buffer(part.thing)}

    def modules(self) -> dict[str, Module]:
        """The modules inside, at any depth, by their dotted names; not this one itself."""
        return {part.name: part.thing for part in _parts(self) if isinstance(part.thing, Module)}

    # ------------------------------------------------------------ modes and gradients

    def train(self, training: bool = True) -> Self:
        """Switch to training, here and in the modules inside; returns self."""
        self.training = training
        for module in self.modules().values():
            module.training = training
        return self

    def eval(self) -> Self:
        """Switch to use after training: no dropout, running statistics; returns self."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.parameters():
            forget_gradient(p)

    # ------------------------------------------------------------ its numbers

    def state(self) -> dict[str, Array]:
        """A copy of the numbers of all parameters and buffers, by name."""
        return {
            part.name: np.array(plain(part.thing))
            for part in _parts(self)
            if not isinstance(part.thing, Module)
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over numbers that `state()` gave, from here or from a file.

        Raises:
            ValueError: if names are missing or unknown, or shapes differ: the message lists what
                differs, and nothing has been changed.
            TypeError: if something is no array of real numbers; nothing has been changed.
        """
        parts = {p.name: p for p in _parts(self) if not isinstance(p.thing, Module)}
        differences = [f"{name} is missing" for name in parts if name not in state]
        differences += [f"{name} is not known here" for name in state if name not in parts]
        arrays = {name: np.asarray(state[name]) for name in parts if name in state}
        for name, array in arrays.items():
            if array.dtype.kind not in "fiub":
                raise TypeError(f"load_state: {name} holds {array.dtype}, not real numbers")
            here = np.shape(plain(parts[name].thing))
            if array.shape != here:
                differences.append(f"{name} has shape {array.shape}, here {here}")
        if differences:
            more = len(differences) - 8
            listed = "; ".join(differences[:8]) + (f"; and {more} more" if more > 0 else "")
            raise ValueError(f"load_state: the model was left as it was: {listed}")
        for name, array in arrays.items():
            part = parts[name]
            if is_parameter(part.thing):
                set_numbers(part.thing, array)
            else:  # a frozen one may be read-only
                part.holder[part.key] = array.astype(part.thing.dtype)

    # ------------------------------------------------------------ Tensors or Values

    def as_values(self) -> Self:
        """A copy whose parameters are arrays of Values, named w11, w12 … after row and column:
        what it computes records every single multiplication and addition."""
        return self._converted(_as_values)

    def as_tensors(self) -> Self:
        """A copy whose parameters are Tensors: fast on batches."""
        return self._converted(lambda p, name: Tensor(plain(p), name=name.rpartition(".")[2]))

    def _converted(self, convert: Callable[[Parameter, str], Parameter]) -> Self:
        named = self.named_parameters()
        last = [name.rpartition(".")[2] for name in named]
        memo: dict[int, Any] = {}  # what deepcopy puts in the place of each parameter
        for (path, p), name in zip(named.items(), last, strict=True):
            memo[id(p)] = convert(p, name if last.count(name) == 1 else path)
        return copy.deepcopy(self, memo)

    def __repr__(self) -> str:
        inside = [(n, m) for n, m in self.modules().items() if "." not in n]
        if not inside:
            return f"{type(self).__name__}({self._describe()})"
        lines = "".join(f"\n{name}: {module!r}".replace("\n", "\n  ") for name, module in inside)
        return f"{type(self).__name__}({lines}\n)"

    def _describe(self) -> str:
        """What stands in the parentheses of its repr."""
        return ""


def _is_buffer(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind in "fiub"


def _parts(holder: Any, path: str = "", seen: set[int] | None = None) -> Iterator[_Part]:
    """All that a module holds at any depth, each thing once, under its first name."""
    seen = {id(holder)} if seen is None else seen
    items = vars(holder) if isinstance(holder, Module) else holder
    for key, thing in items.items() if isinstance(items, dict) else enumerate(items):
        deeper = isinstance(thing, Module | dict | list | tuple)
        if id(thing) in seen or str(key).startswith("_"):
            continue
        if not deeper and not is_parameter(thing) and not _is_buffer(thing):
            continue
        seen.add(id(thing))
        name = f"{path}.{key}" if path else str(key)
        if not isinstance(thing, dict | list | tuple):
            yield _Part(name, thing, items, key)
        if deeper:
            yield from _parts(thing, name, seen)


def _as_values(p: Parameter, name: str) -> Parameter:
    """The numbers of a parameter as Values: `W` of two axes as w11, w12, w21 …"""
    numbers = plain(p)
    path, dot, last = name.rpartition(".")
    start = f"{path}{dot}{last.lower()}"
    apart = "_" if max(numbers.shape, default=0) > 9 else ""
    array = np.empty(numbers.shape, object)
    for index in np.ndindex(numbers.shape):
        place = apart.join(str(i + 1) for i in index)
        array[index] = Value(float(numbers[index]), name=f"{start}{place}")
    return array if numbers.ndim else array[()]
