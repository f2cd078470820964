"""Optimisers: how parameters follow their gradients downhill.

An optimiser is one rule, `change(g, memory, lr)`: what is subtracted from a parameter whose
gradient is g. W ← W − change. The rules write into arrays that they keep in the memory: to get new
ones from the system for each update would take as long as the arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Array
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameters import (
    Parameter,
    forget_gradient,
    gradient_of,
    is_parameter,
    plain,
    set_gradient,
    subtract_from,
)
from autograd_lite.nn.schedules import Schedule, as_schedule
from autograd_lite.transforms.gradient import grad

Memory = dict[str, Array]
"""What an optimiser remembers of one parameter from update to update."""


class Optimiser:
    """What all optimisers have in common; a subclass says what `change` is.

    Args:
        parameters: a Module, or the parameters alone, in a list or by name.
        lr: the learning rate η: a number, or a schedule of the updates done (see `schedules`).
        clip_norm: before each update, scale all gradients together so that their common norm is
            at most this.
        clip_value: before that, limit each element to ±this.

    Raises:
        TypeError, ValueError: if something is no parameter, or a number is out of range.
    """

    def __init__(
        self,
        parameters: Module | Mapping[str, Parameter] | Iterable[Parameter],
        lr: float | Schedule,
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        self.parameters = _listed(parameters)
        self.schedule = as_schedule(lr)
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.updates = 0
        """How many updates have been made."""
        self._memories: list[Memory] = [{} for _ in self.parameters]

    @property
    def lr(self) -> float:
        """The learning rate of the next update; set it to a number or a schedule to change it."""
        return float(self.schedule(self.updates))

    @lr.setter
    def lr(self, lr: float | Schedule) -> None:
        self.schedule = as_schedule(lr)

    reads_once = False
    """Whether `change` may write into g itself: it reads each element once, in one operation."""

    def change(self, g: Array, memory: Memory, lr: float) -> Array:
        """What is subtracted from a parameter with gradient g."""
        raise NotImplementedError(f"{type(self).__name__} has no change(g, memory, lr)")

    def zero_grad(self) -> None:
        """Forget the gradients of the parameters."""
        for p in self.parameters:
            forget_gradient(p)

    def step(self, gradients: Sequence[Array | None] | None = None) -> None:
        """Update every parameter that has a gradient: its own, or the one that is given here for
        it, None for none. What is given may be written into."""
        lr = self.lr
        # a subclass may have a `change` of its own
        is_mine = gradients is not None and vars(type(self)).get("reads_once", False)
        if gradients is None:
            gradients = [gradient_of(p) for p in self.parameters]
        if self.clip_value is not None or self.clip_norm is not None:
            gradients = clipped(list(gradients), norm=self.clip_norm, value=self.clip_value)
        for p, g, memory in zip(self.parameters, gradients, self._memories, strict=True):
            if g is not None:
                if is_mine:
                    memory["change"] = g
                self.update(p, g, memory, lr)
        self.updates += 1

    def update(self, p: Parameter, g: Array, memory: Memory, lr: float) -> None:
        """W ← W − change"""
        subtract_from(p, self.change(g, memory, lr))


class SGD(Optimiser):
    """W ← W − η·g: gradient descent on whatever g was computed from, all
    samples, a minibatch, or one.

    >>> from autograd_lite import Tensor
    >>> w = Tensor([3.0])
    >>> (w * w).sum().backward()
    >>> SGD([w], lr=0.1).step()
    >>> w
    Tensor([2.4])
    """

    reads_once = True

    def change(self, g: Array, memory: Memory, lr: float) -> Array:
        """η·g"""
        return np.multiply(lr, g, out=_room(memory, "change", g))


class Momentum(Optimiser):
    """v ← μ·v + η·g; W ← W − v.

    Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """

    def __init__(self, parameters: Any, lr: float | Schedule, momentum: float = 0.9, **clip: Any):
        super().__init__(parameters, lr, **clip)
        self.momentum = _share("momentum", momentum)

    def change(self, g: Array, memory: Memory, lr: float) -> Array:
        """v"""
        v = _kept(memory, "v", g)
        v *= self.momentum
        v += np.multiply(lr, g, out=_room(memory, "change", g))
        return v


class Nesterov(Momentum):
    """v ← μ·v + η·g; W ← W − (μ·v + η·g): momentum that looks one step ahead.

    Sutskever et al., On the importance of initialization and momentum, ICML 2013.
    """

    def change(self, g: Array, memory: Memory, lr: float) -> Array:
        """μ·v + η·g"""
        v = super().change(g, memory, lr)
        change = memory["change"]  # η·g
        change += self.momentum * v
        return change


class AdaGrad(Optimiser):
    """h ← h + g²; W ← W − η·g/(√h + ε).

    Duchi, Hazan and Singer, Adaptive subgradient methods, JMLR 12 (2011).
    """

    def __init__(self, parameters: Any, lr: float | Schedule, epsilon: float = 1e-8, **clip: Any):
        super().__init__(parameters, lr, **clip)
        self.epsilon = epsilon

    def change(self, g: Array, memory: Memory, lr: float) -> Array:
        """η·g/(√h + ε)"""
        h = _kept(memory, "h", g)
        h += np.multiply(g, g, out=_room(memory, "change", g))
        return _divided(lr, g, h, self.epsilon, memory)


class RMSProp(Optimiser):
    """h ← ρ·h + (1 − ρ)·g²; W ← W − η·g/(√h + ε).

    Hinton, Neural networks for machine learning, lecture 6e, 2012.
    """

    def __init__(
        self,
        parameters: Any,
        lr: float | Schedule = 0.01,
        rho: float = 0.99,
        epsilon: float = 1e-8,
        **clip: Any,
    ) -> None:
        super().__init__(parameters, lr, **clip)
        self.rho = _share("rho", rho)
        self.epsilon = epsilon

    def change(self, g: Array, memory: Memory, lr: float) -> Array:
        """η·g/(√h + ε)"""
        squares = np.multiply(g, g, out=_room(memory, "change", g))
        h = _averaged(memory, "h", squares, self.rho)
        return _divided(lr, g, h, self.epsilon, memory)


class Adam(Optimiser):
    """m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²;
    W ← W − η·m̂/(√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ) at the t-th update.

    Kingma and Ba, Adam, ICLR 2015, algorithm 1.
    """

    def __init__(
        self,
        parameters: Any,
        lr: float | Schedule = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        **clip: Any,
    ) -> None:
        super().__init__(parameters, lr, **clip)
        self.beta1, self.beta2 = _share("beta1", beta1), _share("beta2", beta2)
        self.epsilon = epsilon

    def change(self, g: Array, memory: Memory, lr: float) -> Array:
        """η·m̂/(√v̂ + ε)"""
        t = self.updates + 1
        m = _averaged(memory, "m", g, self.beta1)
        squares = np.multiply(g, g, out=_room(memory, "change", g))
        v = _averaged(memory, "v", squares, self.beta2)
        # both corrections as factors of numbers: √v̂ = √v/√(1 − β₂ᵗ)
        root = math.sqrt(1.0 - self.beta2**t)
        rate = lr * root / (1.0 - self.beta1**t)
        return _divided(rate, m, v, self.epsilon * root, memory)


class AdamW(Adam):
    """Adam with weight decay apart from the gradient: first W ← W − η·λ·W.

    Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019, algorithm 2.
    """

    def __init__(
        self, parameters: Any, lr: float | Schedule = 0.001, weight_decay: float = 0.01, **rest: Any
    ) -> None:
        super().__init__(parameters, lr, **rest)
        self.weight_decay = weight_decay

    def update(self, p: Parameter, g: Array, memory: Memory, lr: float) -> None:
        """W ← W − η·λ·W, then as Adam"""
        subtract_from(p, lr * self.weight_decay * plain(p))
        super().update(p, g, memory, lr)


# ---------------------------------------------------------------- clipping


def clipped(
    gradients: list[Array | None], *, norm: float | None = None, value: float | None = None
) -> list[Array | None]:
    """The gradients with each element limited to ±value, then scaled together so that the norm
    of all of them as one vector is at most `norm`.

    Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013.

    Raises:
        ValueError: if a limit is not positive.

    >>> clipped([np.array([3.0]), np.array([4.0])], norm=1.0)
    [array([0.6]), array([0.8])]
    """
    for limit in (norm, value):
        if limit is not None and not limit > 0:
            raise ValueError(f"clipped: a limit must be positive, not {limit}")
    if value is not None:
        gradients = [None if g is None else np.clip(g, -value, value) for g in gradients]
    if norm is not None:
        total = global_norm(gradients)
        if total > norm:
            gradients = [None if g is None else g * (norm / total) for g in gradients]
    return gradients


def global_norm(gradients: Iterable[Array | None]) -> float:
    """√Σ g² over all elements of all gradients.

    >>> global_norm([np.array([3.0]), np.array([4.0])])
    5.0
    """
    return math.sqrt(sum(float(np.vdot(g, g)) for g in gradients if g is not None))


def clip_gradients(
    parameters: Any, *, norm: float | None = None, value: float | None = None
) -> float:
    """Clip the `.grad` of parameters, as `clipped`; returns the norm that they had before."""
    listed = _listed(parameters)
    gradients = [gradient_of(p) for p in listed]
    for p, g in zip(listed, clipped(gradients, norm=norm, value=value), strict=True):
        if g is not None:
            set_gradient(p, g)
    return global_norm(gradients)


# ---------------------------------------------------------------- gradient descent by itself


def gradient_descent(
    f: Callable[[Any], Any],
    x0: Any,
    lr: float = 0.1,
    steps: int = 100,
    gradient: Callable[[Any], Any] | None = None,
) -> Array:
    """x ← x − η·∇f(x), again and again.

    Args:
        f: a function of one number or array that returns one number.
        x0: where to start.
        lr: η. For f = Σx², each step multiplies x by 1 − 2η.
        steps: how many.
        gradient: ∇f, if not by automatic differentiation, say
            `lambda x: numerical_gradient(f, x, 1e-4)`.

    Returns:
        The path, (steps + 1, *shape of x0): x0 first, the end last.

    Raises:
        ValueError: if `steps` is negative.

    >>> gradient_descent(lambda w: (w**2).sum(), [-3.0, 4.0], lr=0.5, steps=1)
    array([[-3.,  4.],
           [ 0.,  0.]])
    """
    if steps < 0:
        raise ValueError(f"gradient_descent: steps must not be negative, but are {steps}")
    slope = grad(f) if gradient is None else gradient
    x = np.array(x0, float)
    path = np.empty((steps + 1, *x.shape))
    path[0] = x
    for i in range(steps):
        x = x - lr * np.asarray(slope(x if x.ndim else float(x)))
        path[i + 1] = x
    return path


# ---------------------------------------------------------------- what the rules share


def _listed(parameters: Any) -> list[Parameter]:
    if isinstance(parameters, Module):
        parameters = parameters.parameters()
    elif isinstance(parameters, Mapping):
        parameters = parameters.values()
    elif is_parameter(parameters):
        raise TypeError("optimiser: one parameter was given; put it in a list: [w]")
    listed = list({id(p): p for p in parameters}.values())  # a shared one moves once
    for p in listed:
        if not is_parameter(p):
            raise TypeError(
                f"optimiser: a parameter is a Tensor, a Value or an array of Values, not "
                f"{type(p).__name__}"
            )
    return listed


def _kept(memory: Memory, name: str, g: Array) -> Array:
    """What is kept under the name from update to update; zeros like g at first."""
    if name not in memory:
        memory[name] = np.zeros_like(g)
    return memory[name]


def _room(memory: Memory, name: str, g: Array) -> Array:
    """An array like g to write into."""
    if name not in memory:
        memory[name] = np.empty_like(g)
    return memory[name]


def _averaged(memory: Memory, name: str, x: Array, share: float) -> Array:
    """The running average kept under the name: share·old + (1 − share)·x."""
    average = _kept(memory, name, x)
    average *= share
    average += np.multiply(1.0 - share, x, out=_room(memory, "room", x))
    return average


def _divided(rate: float, x: Array, h: Array, epsilon: float, memory: Memory) -> Array:
    """rate·x/(√h + ε)"""
    root = np.sqrt(h, out=_room(memory, "room", x))
    root += epsilon
    change = np.multiply(rate, x, out=_room(memory, "change", x))
    change /= root
    return change


def _share(name: str, x: float) -> float:
    if not 0.0 <= x < 1.0:
        raise ValueError(f"{name}: must be in [0, 1), not {x}")
    return float(x)
