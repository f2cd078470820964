"""The loss of a model, and its gradients, as compiled code: what `fit(…, compile=True)` runs."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from operator import is_
from typing import Any

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.primitive import Array
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import Variable
from autograd_lite.nn.functional import applied
from autograd_lite.nn.module import Module
from autograd_lite.transforms.compile import compile
from autograd_lite.transforms.gradient import value_and_grad
from autograd_lite.transforms.signatures import told_apart


class CompiledLoss:
    """(loss, outputs, gradients) of a model for a batch, by a program of its own for each shape,
    and for each setting of the modules: `model.eval()`, a slope.

    Args:
        model: its parameters are Tensors.
        loss: a function (outputs, targets) -> scalar.
        backend: that of `compile`.

    Raises:
        TypeError: if a parameter is no Tensor; when it is called, if the model draws random numbers
            or changes itself while it runs (Dropout, BatchNorm in training): a program would not.

    >>> from autograd_lite.nn import Affine, squared_error
    >>> line = Affine([[1.0]], 0.0)
    >>> CompiledLoss(line, squared_error)(np.array([[1.0]]), np.array([[3.0]]))
    (2.0, array([[1.]]), [array([[-2.]]), array(-2.)])
    """

    def __init__(
        self, model: Module, loss: Callable[[Any, Any], Any], backend: str | None = None
    ) -> None:
        self.parameters = model.parameters()
        self._names = list(model.named_parameters())
        for name, p in model.named_parameters().items():
            if not isinstance(p, Tensor):
                raise TypeError(
                    f"compile: the parameter {name} is made of Values, and Tensors are needed: "
                    "train a copy, model.as_tensors()"
                )
        self._model = model
        self._loss = loss
        self._backend = backend
        self._runs: dict[Hashable, Callable[..., Any]] = {}
        self._latest: Callable[..., Any] | None = None
        self._seen = _Seen(model)

    def __call__(self, x: Array, t: Array) -> tuple[float, Array, list[Array]]:
        run = self._latest if self._seen.is_as_it_was() else None
        if run is None:
            self._seen = _Seen(self._model)
            settings = _settings(self._model)
            run = self._latest = self._runs.get(settings)
        if run is None:
            if len(self._runs) >= _MOST:  # something changes with each update
                self._runs.clear()
            run = compile(value_and_grad(self._of_parameters, has_aux=True), backend=self._backend)
            self._runs[settings] = self._latest = run
        # their own arrays, which the program does not keep: those can then change in place
        (value, y), gradients = run([detached(p) for p in self.parameters], x, t)
        return value, y, [np.asarray(g) for g in gradients]

    def _of_parameters(self, parameters: list[Any], x: Any, t: Any) -> tuple[Any, Any]:
        y = applied(self._model, dict(zip(self._names, parameters, strict=True)), x)
        value = self._loss(y, t)
        return value, y


_MOST = 64
"""So many programs are kept, for settings of the model that differ."""


class _Seen:
    """All that the modules of a model hold, at one time."""

    def __init__(self, model: Module) -> None:
        self._held = [vars(x) for x in (model, *model.modules().values())]
        self._things = self._now()
        self._can_tell = all(isinstance(x, _UNCHANGING) for x in self._things)

    def is_as_it_was(self) -> bool:
        """Whether the model surely is what it was: the same things, none of which can change but
        modules and lists of them, which are looked at, and parameters."""
        now = self._now()
        return self._can_tell and len(now) == len(self._things) and all(map(is_, now, self._things))

    def _now(self) -> list[Any]:
        found: list[Any] = []
        for held in self._held:
            found += held
            for thing in held.values():
                if thing.__class__ is list or thing.__class__ is tuple:
                    found += thing
                    thing = None  # here it ends
                found.append(thing)
        return found


_UNCHANGING = (Variable, Module, bool, int, float, str, type(None))


def _settings(model: Module) -> Hashable:
    """What else the modules hold, which a program reads once: whether they are in training, a
    slope, an array that is no parameter."""
    found = []
    for module in (model, *model.modules().values()):
        for name, thing in vars(module).items():
            if not isinstance(thing, Variable | Module):
                found.append((name, told_apart(thing)))
    return tuple(found)
