"""`check_layer`: layers with `forward` and `backward` written by hand; `check_module`: modules."""

from __future__ import annotations

import copy
import importlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.engine.primitive import Array
from autograd_lite.testing.check import checked
from autograd_lite.testing.frameworks import framework_of, is_float_array, plain
from autograd_lite.testing.functions import Given, argument_names
from autograd_lite.testing.report import GradientReport
from autograd_lite.testing.subject import Leaf, Subject, as_result, weights

GRADIENT_NAMES = ("d{}", "d_{}", "grad_{}", "{}_grad", "g{}")
"""What the gradient of a parameter may be called, such as `dW` of `W`."""


def check_layer(
    layer: Any,
    *inputs: Any,
    parameters: Mapping[str, str] | None = None,
    sample: int | None = None,
) -> GradientReport:
    """Check the hand-written backward pass of a layer: of its inputs, and of its parameters.

    The layer has `forward(*inputs)` and `backward(dout)`, which is given the gradient of the
    result, an array of exactly its shape, and returns that of the input (of several inputs a
    tuple, or that of the first alone). What it leaves in attributes is checked too: `dW` is the
    gradient of `W`, and `grads` that of `params`, lists or dicts. Copies of the layer are run,
    each fresh, so that neither state nor the random numbers of a generator that it holds matter.

    Args:
        layer: any object with `forward` and `backward`. A `backward()` without argument is that
            of a loss.
        inputs: floating-point numbers and arrays are differentiated by; labels and the like stay.
        parameters: names of attributes and those of their gradients, `{"W": "dW"}`; by default
            they are found by their names: dW, d_W, grad_W, W_grad or gW.
        sample: as in `check_gradient`.

    Raises:
        GradientMismatch: an AssertionError with the table.
        TypeError: if it is no such layer, or its result is not made of real numbers.
        ValueError: if backward returns more gradients than there are inputs.

    >>> class Affine:
    ...     def __init__(self, W, b):
    ...         self.W, self.b = W, b
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x @ self.W + self.b
    ...     def backward(self, dout):
    ...         self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
    ...         return dout @ self.W.T
    >>> x, W = np.array([[2.0, 4.0], [2.0, 1.0], [4.0, 3.0]]), np.array([[1.0, 2.0], [1.0, 4.0]])
    >>> layer = Affine(W, np.array([2.0, 2.0]))
    >>> print(check_layer(layer, x))
    the gradient of Affine is right: 12 elements of x, W, b
    """
    __tracebackhide__ = True
    for method in ("forward", "backward"):
        if not callable(getattr(layer, method, None)):
            raise TypeError(
                f"check_layer: {type(layer).__name__} has no {method}(): a layer with "
                "forward(x) and backward(dout) is needed; for functions there is check_gradient, "
                "for autograd_lite.nn check_module"
            )
    return checked(_LayerRun(layer, inputs, parameters).subject(), sample=sample)


class _Parameter(NamedTuple):
    """A parameter of a layer, and where its gradient will be."""

    name: str
    holder: str | None
    """The attribute that holds it under `key`; None if it is the attribute itself."""
    key: Any
    gradient: tuple[str | None, Any]

    def of(self, layer: Any) -> Any:
        """The parameter in a layer."""
        return getattr(layer, self.key) if self.holder is None else self._held(layer)[self.key]

    def set(self, layer: Any, array: Array) -> None:
        """Give it other numbers; in place, for whatever else in the layer holds the array."""
        old = self.of(layer)
        if isinstance(old, np.ndarray) and old.flags.writeable:
            old[...] = array
        elif self.holder is None:
            setattr(layer, self.key, array if isinstance(old, np.ndarray) else float(array))
        else:
            self._held(layer)[self.key] = array

    def gradient_in(self, layer: Any) -> Any:
        """Its gradient after a backward pass; None if there is none."""
        holder, key = self.gradient
        if holder is None:
            return getattr(layer, key, None)
        held = getattr(layer, holder, None)
        if isinstance(held, Mapping):
            return held.get(key)
        return held[key] if held is not None and key < len(held) else None

    def _held(self, layer: Any) -> Any:
        assert self.holder is not None
        return getattr(layer, self.holder)


class _LayerRun:
    """A layer as a function of its inputs and parameters."""

    def __init__(self, layer: Any, inputs: Sequence[Any], names: Mapping[str, str] | None) -> None:
        self.layer, self.inputs = layer, [plain(x) for x in inputs]
        self.takes_gradient = _takes_argument(layer.backward)
        tried = copy.deepcopy(layer)
        before = dict(vars(tried)) if hasattr(tried, "__dict__") else {}
        y = tried.forward(*self._copies())
        self.weights = weights(as_result("check_layer", y).shape)
        kept = {k for k, x in before.items() if vars(tried)[k] is x}  # no cache of forward's
        returned = self._backward(tried, 1.0)
        self.parameters = list(_named(names) if names is not None else _found(tried, kept))
        self.places = self._differentiated(returned)

    def _copies(self) -> list[Any]:
        return [x.copy() if isinstance(x, np.ndarray) else x for x in self.inputs]

    def _differentiated(self, returned: Any) -> list[int]:
        """Which inputs have a gradient in what backward returned."""
        floats = [i for i, x in enumerate(self.inputs) if is_float_array(x)]
        count = 0 if returned is None else len(returned) if isinstance(returned, tuple) else 1
        if count > len(floats):
            raise ValueError(
                f"check_layer: backward returned {count} gradients for {len(floats)} inputs that "
                "are floating-point numbers or arrays"
            )
        return floats[:count]

    def subject(self) -> Subject:
        names = argument_names(self.layer.forward, len(self.inputs))
        leaves = [Leaf(names[i], np.array(self.inputs[i], ndmin=0)) for i in self.places]
        for p in self.parameters:
            leaves.append(Leaf(p.name, np.array(p.of(self.layer), dtype=_float(p.of(self.layer)))))
        if not leaves:
            raise TypeError(
                "check_layer: backward returned None and left no gradient in an attribute "
                "(dW for W): there is nothing to check"
            )
        name = type(self.layer).__name__
        return Subject(name, leaves, self._value, self._pullback, hints=self._hints)

    def _value(self, arrays: Sequence[Array]) -> Array:
        layer, inputs = copy.deepcopy(self.layer), self._copies()
        for i, array in zip(self.places, arrays, strict=False):
            inputs[i] = array if isinstance(inputs[i], np.ndarray) else float(array)
        for p, array in zip(self.parameters, arrays[len(self.places) :], strict=True):
            p.set(layer, array)
        return as_result("check_layer", layer.forward(*inputs))

    def _pullback(self, c: Array, factor: float = 1.0) -> list[Any]:
        layer = copy.deepcopy(self.layer)
        for p in self.parameters:
            old = p.gradient_in(layer)
            if isinstance(old, np.ndarray) and old.flags.writeable:
                old[...] = 0.0  # backward may add to it
            elif isinstance(old, float) and p.gradient[0] is None:
                setattr(layer, p.gradient[1], 0.0)
        layer.forward(*self._copies())
        returned = self._backward(layer, factor)
        parts = list(returned) if isinstance(returned, tuple) else [returned]
        return [
            *parts[: len(self.places)],
            *(p.gradient_in(layer) for p in self.parameters),
        ]

    def _backward(self, layer: Any, factor: float) -> Any:
        if not self.takes_gradient:
            return layer.backward()
        c = self.weights * factor
        return layer.backward(c if c.ndim else float(c))

    def _hints(self) -> list[str]:
        """Whether backward uses the gradient that it is given."""
        if not self.takes_gradient or not self.weights.ndim:
            return []
        once, twice = (self._pullback(self.weights, k) for k in (1.0, 2.0))
        same = [np.array_equal(a, b) for a, b in zip(once, twice, strict=True)]
        if all(same) and any(np.any(a) for a in once):
            return ["backward gives the same for twice the dout: it does not multiply by it"]
        return []


def _takes_argument(backward: Any) -> bool:
    try:
        parameters = inspect.signature(backward).parameters.values()
    except (ValueError, TypeError):
        return True
    return any(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL)
               for p in parameters)  # fmt: skip


def _named(names: Mapping[str, str]) -> Iterator[_Parameter]:
    for name, gradient in names.items():
        yield _Parameter(name, None, name, (None, gradient))


def _found(layer: Any, kept: set[str]) -> Iterator[_Parameter]:
    """The parameters of a layer that has run backward, by the names of their gradients."""
    attributes = vars(layer) if hasattr(layer, "__dict__") else {}
    for name in attributes:
        if name not in kept or not _is_number(attributes[name]):
            continue
        for pattern in GRADIENT_NAMES:
            gradient = pattern.format(name)
            if _is_number(attributes.get(gradient)):
                yield _Parameter(name, None, name, (None, gradient))
                break
    params, grads = attributes.get("params"), attributes.get("grads")
    if isinstance(params, dict) and isinstance(grads, dict):
        keys: list[Any] = [k for k in params if k in grads]
    elif isinstance(params, list | tuple) and isinstance(grads, list | tuple):
        keys = list(range(min(len(params), len(grads))))
    else:
        return
    for key in keys:
        if _is_number(params[key]):
            yield _Parameter(f"params[{key!r}]", "params", key, ("grads", key))


def _is_number(x: Any) -> bool:
    return isinstance(x, float | int | np.number | np.ndarray) and not isinstance(x, bool)


def _float(x: Any) -> Any:
    """The dtype in which a parameter is moved."""
    dtype = np.asarray(x).dtype
    return dtype if dtype.kind == "f" else np.float64


# ---------------------------------------------------------------- modules


def check_module(
    module: Any, *inputs: Any, order: int = 1, sample: int | None = None
) -> GradientReport:
    """Check the gradients of a module by all its parameters, and by its inputs.

    Args:
        module: an `autograd_lite.nn.Module`, or a `torch.nn.Module` with tensors as inputs.
            Copies of it are run: neither its state nor its random numbers change.
        inputs: what it is called with; floating-point arrays are differentiated by.
        order, sample: as in `check_gradient`.

    Raises:
        GradientMismatch: an AssertionError with the table.
        TypeError: if it is no module.

    >>> from autograd_lite.nn import mlp, Tanh
    >>> net = mlp(2, 3, 1, hidden=Tanh, rng=0)
    >>> print(check_module(net, np.array([[0.5, -1.5]])))
    the gradient of Sequential is right: 15 elements of 0.W, 0.b, 2.W, 2.b, x
    """
    __tracebackhide__ = True
    if not callable(getattr(module, "named_parameters", None)):
        raise TypeError(
            f"check_module: {type(module).__name__} is no module: it has no named_parameters(); "
            "for layers with forward and backward there is check_layer"
        )
    parameters = dict(module.named_parameters())
    names = list(parameters)
    numbers = [_numbers(p) for p in parameters.values()]
    call = _module_call(module, parameters)
    given = Given(call, (*numbers, *inputs), None)
    given.name = type(module).__name__
    inside = argument_names(module.forward, len(inputs))
    leaves = [Leaf(_renamed(leaf.name, [*names, *inside]), leaf.array) for leaf in given.leaves]
    given.leaves[:] = leaves
    return checked(given.with_framework(), order, sample)


def _renamed(name: str, names: list[str]) -> str:
    """`arguments[2]['a']` -> the name of the third argument, and the rest."""
    number, _, rest = name.removeprefix("arguments[").partition("]")
    return names[int(number)] + rest


def _numbers(p: Any) -> Any:
    """The numbers of a parameter: a torch one as a tensor, else a plain array."""
    if type(p).__module__.partition(".")[0] == "torch":
        return p.detach()
    from autograd_lite.nn.parameters import plain as numbers_of

    return np.array(numbers_of(p))


def _module_call(module: Any, parameters: Mapping[str, Any]) -> Any:
    """The module as a function of the variables to use as parameters, then of its inputs."""
    count = len(parameters)
    if type(framework_of(list(parameters.values()))).__name__ == "Torch":
        functional_call = importlib.import_module("torch.func").functional_call

        def call(*arguments: Any) -> Any:
            named = dict(zip(parameters, arguments[:count], strict=True))
            return functional_call(copy.deepcopy(module), named, arguments[count:])

    else:

        def call(*arguments: Any) -> Any:
            memo = {id(p): v for p, v in zip(parameters.values(), arguments, strict=False)}
            return copy.deepcopy(module, memo)(*arguments[count:])

    return call
