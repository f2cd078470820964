"""How to run a function, and its gradient, on each library's arrays.

A function is known by the arrays that it is given: torch tensors, JAX arrays, or plain numbers and
NumPy arrays, which run as Values and Tensors. Neither torch nor JAX is imported unless one of its
arrays comes in.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.modes import no_grad, recording
from autograd_lite.engine.primitive import Array
from autograd_lite.engine.reverse import gradients
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.joining import stack
from autograd_lite.primitives.reductions import sum as sum_
from autograd_lite.primitives.shape import reshape
from autograd_lite.testing.subject import as_result, weights

Call = Callable[[Sequence[Any]], Any]
"""The function, of what stands in the place of each leaf."""
Pullback = Callable[[Array], list[Array]]


class Framework(Protocol):
    """A library's arrays, and its gradients."""

    def given(self, arrays: Sequence[Array], likes: Sequence[Any]) -> list[Any]:
        """The arrays in the form of those given, for a function that is only evaluated."""

    def value(self, call: Call, arrays: Sequence[Array], likes: Sequence[Any]) -> Array:
        """The result, with nothing recorded."""

    def pullback(self, call: Call, arrays: Sequence[Array], likes: Sequence[Any]) -> Pullback:
        """Run the function once; of the result, c -> the gradient of Σ c·result by each leaf."""

    def second(
        self, call: Call, arrays: Sequence[Array], likes: Sequence[Any], d: Array
    ) -> list[Array]:
        """The gradient of Σ d·(all gradients of Σ weights·result, end to end) by each leaf."""


def framework_of(leaves: Sequence[Any]) -> Framework:
    """The framework that the first leaf with one belongs to; our own for plain arrays."""
    for x in leaves:
        package = type(x).__module__.partition(".")[0]
        if package == "torch":
            return Torch()
        if package in ("jax", "jaxlib"):
            return Jax()
    return Ours()


def is_float_array(x: Any) -> bool:
    """Whether x is something to differentiate by: floating-point, of any of the libraries."""
    if isinstance(x, float | Value | Tensor):
        return True
    if isinstance(x, np.ndarray | np.floating):
        return bool(x.dtype.kind == "f")
    package = type(x).__module__.partition(".")[0]
    if package == "torch" and hasattr(x, "is_floating_point"):
        return bool(x.is_floating_point())
    if package in ("jax", "jaxlib") and hasattr(x, "dtype"):
        return bool(np.dtype(x.dtype).kind == "f")
    return False


def plain(x: Any) -> Any:
    """An array of any of the libraries as a NumPy array; plain numbers and arrays as they are."""
    package = type(x).__module__.partition(".")[0]
    if package == "torch" and hasattr(x, "detach"):
        return x.detach().cpu().numpy()
    if package in ("jax", "jaxlib"):
        return np.asarray(x)
    return detached(x)


def _as_given(array: Array, like: Any) -> Any:
    """A NumPy array in the form of a plain leaf: a float for a float. The function may do with it
    what it likes."""
    return array.copy() if isinstance(like, np.ndarray | Tensor) else float(array)


class Ours:
    """Values for numbers, Tensors for arrays."""

    def given(self, arrays: Sequence[Array], likes: Sequence[Any]) -> list[Any]:
        return [_as_given(a, like) for a, like in zip(arrays, likes, strict=True)]

    def _variables(self, arrays: Sequence[Array], likes: Sequence[Any]) -> list[Any]:
        return [
            Tensor(a) if isinstance(like, np.ndarray | Tensor) else Value(float(a))
            for a, like in zip(arrays, likes, strict=True)
        ]

    def output(
        self, call: Call, arrays: Sequence[Array], likes: Sequence[Any]
    ) -> tuple[list[Any], Any]:
        """The variables, and what the function returns, an array of Values as one Tensor."""
        xs = self._variables(arrays, likes)
        y = call(xs)
        if isinstance(y, np.ndarray) and y.dtype == object and y.size:
            y = reshape(stack(list(y.flat)), y.shape)
        return xs, y

    def value(self, call: Call, arrays: Sequence[Array], likes: Sequence[Any]) -> Array:
        with no_grad():
            _, y = self.output(call, arrays, likes)
        return as_result("check_gradient", detached(y))

    def pullback(self, call: Call, arrays: Sequence[Array], likes: Sequence[Any]) -> Pullback:
        with recording():
            xs, y = self.output(call, arrays, likes)
        if not is_variable(y):  # the graph was cut
            return lambda c: [np.zeros_like(a) for a in arrays]
        return lambda c: [np.asarray(g) for g in gradients(y, xs, c)]

    def second(
        self, call: Call, arrays: Sequence[Array], likes: Sequence[Any], d: Array
    ) -> list[Array]:
        with recording():
            xs, y = self.output(call, arrays, likes)
            total: Any = 0.0
            if is_variable(y):
                first = gradients(y, xs, weights(y.shape), record=True)
                for g, part in zip(first, _parts(d, arrays), strict=True):
                    total = total + (sum_(g * part) if np.shape(detached(g)) else g * float(part))
        if not is_variable(total):
            return [np.zeros_like(a) for a in arrays]
        return [np.asarray(g) for g in gradients(total, xs)]


def _parts(d: Array, arrays: Sequence[Array]) -> list[Array]:
    """Weights end to end as one array a leaf."""
    ends = np.cumsum([a.size for a in arrays])[:-1]
    return [p.reshape(a.shape) for p, a in zip(np.split(d, ends), arrays, strict=True)]


class Torch:
    """torch tensors, of the dtype and on the device of those given."""

    def __init__(self) -> None:
        self.torch = importlib.import_module("torch")

    def given(self, arrays: Sequence[Array], likes: Sequence[Any]) -> list[Any]:
        return self._tensors(arrays, likes, grad=False)

    def _tensors(self, arrays: Sequence[Array], likes: Sequence[Any], grad: bool) -> list[Any]:
        made = []
        for a, like in zip(arrays, likes, strict=True):
            if type(like).__module__.partition(".")[0] == "torch":
                x = self.torch.tensor(np.asarray(a), dtype=like.dtype, device=like.device)
                made.append(x.requires_grad_(grad))
            else:
                made.append(_as_given(a, like))
        return made

    def value(self, call: Call, arrays: Sequence[Array], likes: Sequence[Any]) -> Array:
        with self.torch.no_grad():
            return as_result("check_gradient", plain(call(self.given(arrays, likes))))

    def pullback(self, call: Call, arrays: Sequence[Array], likes: Sequence[Any]) -> Pullback:
        xs, y = self._run(call, arrays, likes)
        return lambda c: [plain(g) for g in self._gradients(y, xs, c, again=False)]

    def second(
        self, call: Call, arrays: Sequence[Array], likes: Sequence[Any], d: Array
    ) -> list[Array]:
        xs, y = self._run(call, arrays, likes)
        first = self._gradients(y, xs, weights(tuple(y.shape)), again=True)
        total = sum(
            (g * self.torch.as_tensor(p, dtype=g.dtype, device=g.device)).sum()
            for g, p in zip(first, _parts(d, arrays), strict=True)
        )
        return [plain(g) for g in self._gradients(total, xs, None, again=False)]

    def _run(
        self, call: Call, arrays: Sequence[Array], likes: Sequence[Any]
    ) -> tuple[list[Any], Any]:
        with self.torch.enable_grad():
            xs = self._tensors(arrays, likes, grad=True)
            return xs, call(xs)

    def _gradients(self, y: Any, xs: list[Any], c: Array | None, again: bool) -> list[Any]:
        if not y.requires_grad:  # the graph was cut
            return [self.torch.zeros_like(x) for x in xs]
        start = None if c is None else self.torch.as_tensor(c, dtype=y.dtype, device=y.device)
        found = self.torch.autograd.grad(
            y,
            xs,
            start,
            retain_graph=True,
            create_graph=again,
            allow_unused=True,
            materialize_grads=True,
        )
        return list(found)


class Jax:
    """JAX arrays, of the dtype of those given."""

    def __init__(self) -> None:
        self.jax = importlib.import_module("jax")

    def given(self, arrays: Sequence[Array], likes: Sequence[Any]) -> list[Any]:
        return [
            self.jax.numpy.asarray(a, dtype=getattr(like, "dtype", None))
            for a, like in zip(arrays, likes, strict=True)
        ]

    def value(self, call: Call, arrays: Sequence[Array], likes: Sequence[Any]) -> Array:
        return as_result("check_gradient", np.asarray(call(self.given(arrays, likes))))

    def pullback(self, call: Call, arrays: Sequence[Array], likes: Sequence[Any]) -> Pullback:
        pull = self._run(call, self.given(arrays, likes))
        return lambda c: [np.asarray(g) for g in pull(c)]

    def second(
        self, call: Call, arrays: Sequence[Array], likes: Sequence[Any], d: Array
    ) -> list[Array]:
        def total(*xs: Any) -> Any:
            first = self._run(call, list(xs))(None)
            parts = _parts(d, arrays)
            return sum((g * p).sum() for g, p in zip(first, parts, strict=True))

        xs = self.given(arrays, likes)
        found = self.jax.grad(total, argnums=tuple(range(len(xs))))(*xs)
        return [np.asarray(g) for g in found]

    def _run(self, call: Call, xs: list[Any]) -> Callable[[Any], Any]:
        y, back = self.jax.vjp(lambda *given: call(given), *xs)
        fixed = weights(y.shape)
        return lambda c: back(self.jax.numpy.asarray(fixed if c is None else c, dtype=y.dtype))
