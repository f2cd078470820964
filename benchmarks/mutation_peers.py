"""The mutants through torch's gradcheck and JAX's check_grads, at their defaults."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from autograd_lite.testing.calls import Point, is_differentiable, split
from benchmarks.mutants import Mutant, summed
from benchmarks.peers import load


class _Call:
    """A mutant at a point, as functions of plain arrays: forward, and the broken backward."""

    def __init__(self, mutant: Mutant, point: Point) -> None:
        self.mutant, self.primitive = mutant, mutant.primitive
        self.point = point
        self.places = [
            i for i in range(len(point.operands)) if is_differentiable(mutant.primitive, i)
        ]

    @property
    def inputs(self) -> list[Any]:
        """The operands that are differentiated by."""
        return [np.asarray(self.point.operands[i], float) for i in self.places]

    def _split(self, inputs: Any) -> tuple[Any, Any]:
        operands = list(self.point.operands)
        for i, x in zip(self.places, inputs, strict=True):
            operands[i] = np.asarray(x)
        return split(self.primitive, operands, self.point.args, dict(self.point.kwargs))

    def forward(self, *inputs: Any) -> Any:
        operands, params = self._split(inputs)
        return np.asarray(self.primitive.arrays(*operands, **params))

    def backward(self, g: Any, *inputs: Any) -> list[Any]:
        operands, params = self._split(inputs)
        z = np.asarray(self.primitive.arrays(*operands, **params))
        return [
            summed(
                np.asarray(self.mutant.rule(i)(np.asarray(g), z, *operands, **params)),
                np.shape(operands[i]),
            )
            for i in self.places
        ]


def torch_passes(mutant: Mutant, point: Point) -> bool:
    """Whether `torch.autograd.gradcheck` accepts the mutant at a point, in double precision, as
    its documentation asks."""
    torch = load("torch")
    call = _Call(mutant, point)

    class Broken(torch.autograd.Function):  # type: ignore
        @staticmethod
        def forward(ctx: Any, *inputs: Any) -> Any:
            ctx.save_for_backward(*inputs)
            return torch.tensor(call.forward(*(x.detach().numpy() for x in inputs)))

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            inputs = [x.detach().numpy() for x in ctx.saved_tensors]
            return tuple(torch.tensor(x) for x in call.backward(g.numpy(), *inputs))

    inputs = [torch.tensor(x, requires_grad=True) for x in call.inputs]
    try:
        return bool(torch.autograd.gradcheck(Broken.apply, inputs))
    except (RuntimeError, ValueError, IndexError, TypeError):
        return False


def jax_passes(mutant: Mutant, point: Point) -> bool:
    """Whether `jax.test_util.check_grads` accepts the mutant at a point, of order 1 in reverse
    mode, in the precision that JAX is set to."""
    jax = load("JAX")
    logging.getLogger("jax").setLevel(logging.CRITICAL)  # it reports what a callback raises
    check_grads = load("JAX", ".test_util").check_grads
    call = _Call(mutant, point)

    def evaluated(*inputs: Any) -> Any:
        shape = jax.ShapeDtypeStruct(call.forward(*call.inputs).shape, inputs[0].dtype)
        return jax.pure_callback(lambda *xs: call.forward(*xs).astype(shape.dtype), shape, *inputs)

    f = jax.custom_vjp(evaluated)

    def backward(inputs: Any, g: Any) -> Any:
        def computed(g: Any, *xs: Any) -> Any:
            parts = call.backward(g, *xs)
            if any(p.shape != np.shape(x) for p, x in zip(parts, xs, strict=True)):
                raise ValueError("a gradient of another shape")
            return tuple(p.astype(g.dtype) for p in parts)

        shapes = tuple(jax.ShapeDtypeStruct(x.shape, x.dtype) for x in inputs)
        return jax.pure_callback(computed, shapes, g, *inputs)

    f.defvjp(lambda *inputs: (evaluated(*inputs), inputs), backward)
    try:
        check_grads(f, [jax.numpy.asarray(x) for x in call.inputs], order=1, modes=["rev"])
    except (AssertionError, ValueError, RuntimeError, TypeError, IndexError):
        return False
    return True
