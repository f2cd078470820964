"""Layers one after the other: `Sequential`, and `mlp`, which builds the usual one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from autograd_lite.nn.activations import ReLU
from autograd_lite.nn.batches import as_rng
from autograd_lite.nn.layers import Affine
from autograd_lite.nn.module import Module


class Sequential(Module):
    """y = layerₙ(… layer₂(layer₁(x))).

    Args:
        layers: modules in the order in which they are applied, named 0, 1, 2 …
        named: more of them, with names: `Sequential(hidden=Affine(2, 3), act=ReLU())`.

    Raises:
        TypeError: if something is no Module.
        ValueError: if a name is one of Module's own methods.

    >>> net = Sequential(Affine([[1.0], [2.0]], [0.5]), ReLU())
    >>> net([[1.0, 1.0], [-1.0, 0.0]])
    Tensor([[3.5],
            [0. ]])
    >>> list(net.named_parameters())
    ['0.W', '0.b']
    """

    def __init__(self, *layers: Module, **named: Module) -> None:
        everything = {str(i): layer for i, layer in enumerate(layers)} | named
        for name, layer in everything.items():
            if not isinstance(layer, Module):
                raise TypeError(
                    f"Sequential: layer {name} is no Module but {type(layer).__name__}; "
                    "a class needs to be called: Sigmoid()"
                )
            if hasattr(type(self), name):
                raise ValueError(f"Sequential: {name!r} cannot be a layer's name, use another")
            vars(self)[name] = layer

    @property
    def layers(self) -> list[Module]:
        """The layers in order."""
        return [layer for layer in vars(self).values() if isinstance(layer, Module)]

    def forward(self, x: Any) -> Any:
        """The output of the last layer."""
        for layer in self.layers:
            x = layer(x)
        return x

    def outputs(self, x: Any) -> list[Any]:
        """The output of every layer in order: `u1, z1, u2, z2 = net.outputs(x)`."""
        found = []
        for layer in self.layers:
            x = layer(x)
            found.append(x)
        return found

    def __getitem__(self, index: int) -> Module:
        return self.layers[index]

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)


def mlp(
    *sizes: int, hidden: type[Module] = ReLU, output: type[Module] | None = None, **options: Any
) -> Sequential:
    """A multilayer perceptron: Affine layers of these sizes with an activation between them.

    Args:
        sizes: of input, hidden layers and output: `mlp(784, 100, 10)`.
        hidden: the activation after each layer but the last.
        output: the activation after the last; None for none.
        options: for every `Affine`: init, bias, rng, dtype, layout. Layers draw in order from
            one source of random numbers.

    Raises:
        ValueError: if there are fewer than two sizes.

    >>> mlp(2, 3, 1, output=ReLU, rng=0)
    Sequential(
      0: Affine(2, 3)
      1: ReLU()
      2: Affine(3, 1)
      3: ReLU()
    )
    """
    if len(sizes) < 2:
        raise ValueError(f"mlp: at least sizes of input and output are needed, not {sizes}")
    options["rng"] = as_rng(options.get("rng"))
    layers: list[Module] = []
    for n_in, n_out in itertools.pairwise(sizes):
        layers += [Affine(n_in, n_out, **options), hidden()]
    layers.pop()
    return Sequential(*layers, *([output()] if output else []))
