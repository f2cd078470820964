"""A model as a function of its parameters, for transforms and compiled programs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Array
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameters import plain


def function_of(model: Module) -> tuple[Callable[[Mapping[str, Any], Any], Any], dict[str, Array]]:
    """A model as a function of its parameters and of x, and copies of the parameters by name. To
    take over others: `model.load_state({**model.state(), **parameters})`.

    The function can be compiled, and differentiated by the parameters. What else the model holds
    (`model.eval()`, a slope) it reads when it is called; a program, when it is traced.

    Raises:
        TypeError: when it is called, if the model draws random numbers or changes itself while it
            runs (Dropout, BatchNorm in training): the function does not.

    >>> from autograd_lite import compile
    >>> from autograd_lite.nn import Affine, squared_error
    >>> line, parameters = function_of(Affine([[1.0]], 0.0))
    >>> @compile
    ... def loss(parameters, x, t):
    ...     return squared_error(line(parameters, x), t)
    >>> loss.value_and_grad(parameters, np.array([[1.0]]), np.array([[3.0]]))
    (2.0, {'W': array([[-2.]]), 'b': array(-2.)})
    """

    def function(parameters: Mapping[str, Any], x: Any) -> Any:
        return applied(model, parameters, x)

    return function, {name: np.array(plain(p)) for name, p in model.named_parameters().items()}


def applied(model: Module, parameters: Mapping[str, Any], x: Any) -> Any:
    """What a model gives for x with other parameters; see `function_of`."""
    named = model.named_parameters()
    if named.keys() != parameters.keys():
        raise ValueError(
            f"the model has the parameters {', '.join(named)}, and {', '.join(parameters)} are "
            "given"
        )
    other = copy.deepcopy(model, {id(p): parameters[name] for name, p in named.items()})
    before = _randomness(other)
    y = other(x)
    if _randomness(other) != before or not _same_buffers(other, model):
        raise TypeError(
            "compile: the model draws random numbers or changes itself while it runs, as "
            "Dropout and BatchNorm do in training; a program would not: train it without "
            "compile"
        )
    return y


def _randomness(model: Module) -> list[str]:
    """The states of what the modules draw random numbers from."""
    found = []
    for module in (model, *model.modules().values()):
        for thing in vars(module).values():
            source = getattr(thing, "bit_generator", getattr(thing, "_bit_generator", None))
            if source is not None:
                found.append(repr(source.state))
    return found


def _same_buffers(a: Module, b: Module) -> bool:
    """Whether two models have the same arrays beside the parameters."""
    ours, theirs = a.named_buffers(), b.named_buffers()
    return ours.keys() == theirs.keys() and all(
        np.array_equal(ours[name], theirs[name], equal_nan=True) for name in ours
    )
