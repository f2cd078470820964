"""A program in PyTorch: its gradients of the first and second order, in float64.

Every step is given the numbers that autograd_lite computed: the two then differentiate at the very
same point, whatever was rounded before, and on the same side of every kink and tie.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.agreement.maps import torch
from benchmarks.agreement.oracle import ORACLES
from benchmarks.agreement.program import Program, Step, is_elementwise


class TorchRun:
    """One run: `first` are the gradients of Σ weights·result by the inputs, `second` those of
    Σ weights·first.

    Args:
        inputs: the numbers of the inputs.
        constants: what `program.constants` are.
        results: what each step gave.
        zeros: whether 0·inf is 0 in the chain rule of elementwise primitives, as it is in
            autograd_lite.
    """

    def __init__(
        self, program: Program, inputs: Sequence[Any], constants: Any, results: Sequence[Any],
        zeros: bool = False,
    ) -> None:  # fmt: skip
        self._zeros = zeros
        self._held = iter(results)
        self.named: dict[str, Any] = {}
        """The results of the steps that can be differentiated, by name."""
        self.leaves = [tensor(x).requires_grad_() for x in inputs]
        given = {key: tensor(x) for key, x in constants.items()}
        self.result = program.run(self.leaves, given, self._step)[-1]

    def _step(self, step: Step, operands: Sequence[Any]) -> Any:
        function = ORACLES[step.primitive.name].torch
        if self._zeros and is_elementwise(step.primitive):
            z = _functions()[1].apply(function, *operands)
        else:
            z = function(*operands, *step.args, **dict(step.kwargs))
        ours = tensor(next(self._held))
        if z.shape != ours.shape:
            raise ValueError(f"{step.primitive.name}: {tuple(z.shape)}, not {tuple(ours.shape)}")
        if z.requires_grad and not are_same(z.detach(), ours):
            z = _functions()[0].apply(z, ours)
        if z.requires_grad:
            self.named[step.name] = z
        return z

    def by(self, asked: Sequence[str], weights: Any) -> list[Any]:
        """The gradients of the first order by these steps and the inputs; 0 where there is none."""
        wanted = [*(self.named[name] for name in asked), *self.leaves]
        if not self.result.requires_grad:
            return [np.zeros(x.shape) for x in wanted]
        found = torch.autograd.grad(
            self.result, wanted, tensor(weights), retain_graph=True, allow_unused=True
        )
        return self._plain(found, wanted)

    def gradients(
        self, weights: Any, again: Sequence[Any] | None
    ) -> tuple[list[Any], list[Any] | None]:
        """The gradients of both orders; only the first without the weights of the second."""
        if not self.result.requires_grad:
            nothing = [np.zeros(x.shape) for x in self.leaves]
            return nothing, nothing if again is not None else None
        first = torch.autograd.grad(
            self.result, self.leaves, tensor(weights), create_graph=again is not None,
            allow_unused=True,
        )  # fmt: skip
        plain = self._plain(first)
        if again is None:
            return plain, None
        terms = [
            (g * tensor(w)).sum()
            for g, w in zip(first, again, strict=True)
            if g is not None and g.requires_grad
        ]
        total = sum(terms)
        if not terms or not total.requires_grad:
            return plain, [np.zeros(x.shape) for x in self.leaves]
        second = torch.autograd.grad(total, self.leaves, retain_graph=True, allow_unused=True)
        return plain, self._plain(second)

    def _plain(self, found: Sequence[Any], wanted: Sequence[Any] | None = None) -> list[Any]:
        return [
            np.zeros(x.shape)
            if g is None
            else (torch.zeros_like(x) + g).detach().numpy()  # g alone may have no memory
            for g, x in zip(found, wanted or self.leaves, strict=True)
        ]


ROUNDED = {
    "add", "sub", "mul", "div", "pow", "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "erf",
    "reciprocal", "sigmoid", "tanh", "logaddexp", "logsumexp", "sum", "mean", "mm", "bmm", "mv",
    "dot", "addmm", "index_add", "rsub", "matmul",
}  # fmt: skip
"""The operations inside PyTorch whose results are rounded."""


def rounding(size: float, seed: int) -> Any:
    """Inside, each number that PyTorch computes, on the way forth and back, is off at random, by up
    to this relative size: as if each operation were rounded more coarsely."""
    from torch.utils._python_dispatch import TorchDispatchMode

    generator = torch.Generator().manual_seed(seed)

    class Rounding(TorchDispatchMode):  # type: ignore
        def __torch_dispatch__(self, f: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            z = f(*args, **(kwargs or {}))
            rounds = f._overloadpacket.__name__ in ROUNDED
            if rounds and isinstance(z, torch.Tensor) and z.dtype == torch.float64:
                z.mul_(1 + size * (2 * torch.rand(z.shape, generator=generator).double() - 1))
            return z

    return Rounding()


def are_same(x: Any, y: Any) -> bool:
    """Whether the numbers are equal, the signs of zeros too."""
    return bool(torch.equal(x, y)) and bool(torch.equal(torch.signbit(x), torch.signbit(y)))


def tensor(x: Any) -> Any:
    """Numbers of any kind as a tensor of float64 of its own."""
    return torch.tensor(np.array(x, np.float64, order="C"))


@functools.cache
def _functions() -> Any:
    """Functions with derivatives of their own: one that gives other numbers in place of its own,
    and one in whose chain rule 0·inf is 0."""

    class Held(torch.autograd.Function):  # type: ignore
        @staticmethod
        def forward(ctx: Any, z: Any, numbers: Any) -> Any:
            return numbers

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g, None

    class Zeros(torch.autograd.Function):  # type: ignore
        @staticmethod
        def forward(ctx: Any, function: Any, *operands: Any) -> Any:
            ctx.function = function
            ctx.save_for_backward(*operands)
            return function(*operands)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            used = ctx.saved_tensors
            with torch.enable_grad():
                operands = [x.broadcast_to(g.shape) * 1.0 for x in used]
                operands = [x if x.requires_grad else x.requires_grad_() for x in operands]
                z = ctx.function(*operands)
                partials = [None] * len(operands)
                if z.requires_grad:
                    partials = torch.autograd.grad(
                        z, operands, torch.ones_like(z), create_graph=True, allow_unused=True
                    )
            needed = ctx.needs_input_grad[1:]
            return None, *(
                product(g, p, x) if need else None
                for p, x, need in zip(partials, used, needed, strict=True)
            )

    return Held, Zeros


def product(g: Any, partial: Any, x: Any) -> Any:
    """g·partial, 0 where one of them is 0 and the other inf or nan; summed to the shape of x."""
    if partial is None:
        return torch.zeros_like(x)
    void = torch.isnan(g * partial) & ((g == 0) | (partial == 0))
    nothing = torch.zeros_like(g)
    z = torch.where(void, nothing, g) * torch.where(void, nothing, partial)
    return z.sum_to_size(x.shape)
