"""Jacobians of functions of anything to anything: `jacobian`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.chain import detached
from autograd_lite.engine.many import in_batches, one_batch
from autograd_lite.engine.primitive import PRIMITIVES
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import Variable, is_variable
from autograd_lite.transforms.calls import (
    Argnums,
    Call,
    Transformed,
    as_recorded,
    number_of,
    outputs_of,
    plain_tree,
    warn_if_cut,
    with_aux,
    zero_of,
)
from autograd_lite.transforms.jvp import Pushed
from autograd_lite.transforms.pattern import scipy_sparse
from autograd_lite.transforms.sparse import jacobian_of
from autograd_lite.transforms.trees import leaves_of, map_leaves
from autograd_lite.transforms.vjp import Pullback

Linear = Callable[[Any], list[Any]]

FORWARD, REVERSE = "forward", "reverse"
_FEW = 3
"""Up to so many passes are quicker one by one than as one batch."""


def jacobian(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    mode: str | None = None,
    holomorphic: bool = False,
    sparse: bool = False,
) -> Callable[..., Any]:
    """The function that computes the Jacobian ∂f_i/∂x_j of all that f returns.

    Args:
        f: takes numbers, arrays, or nested containers of them, and returns such.
        argnums: which argument to differentiate by, as for `grad`.
        has_aux: f returns a pair, its result and anything else, and so does the Jacobian.
        mode: "forward", a pass for each number of the argument; "reverse", a pass for each number
            of the result; None, the one of fewer passes. f itself is run once.
        holomorphic: f is a holomorphic function of complex numbers and gives such.
        sparse: give `scipy.sparse.csr_array`s, a row for each element of the result and a column
            for each of the argument, both numbered as in a flattened array. Which elements can be
            other than 0 is found from the recorded operations; rows, or columns, that have no
            such place in common are computed in one pass. An element that is stored may be 0.
            The result is a constant, which cannot be differentiated again.

    Returns:
        A function of the same arguments. It gives an array of shape result.shape +
        argument.shape, with the dtype of the argument; of nested containers, the structure of the
        result with that of the argument in place of each array in it. As with `grad`, calls may be
        nested.

    Raises:
        ImportError: for sparse matrices, if SciPy is not installed.
        TypeError: if f returns what is no number or array, an argument is none, or both are
            complex without `holomorphic`: the derivative is then not a single matrix.
        ValueError: if the mode is none of these.

    Warns:
        UserWarning: if what f returns does not depend on its arguments.

    >>> jacobian(lambda x: x[:2] * x[2])(np.array([1.0, 2.0, 3.0]))
    array([[3., 0., 1.],
           [0., 3., 2.]])
    >>> jacobian(lambda x: x[1:] * x[0], sparse=True)(np.array([1.0, 2.0, 3.0])).nnz
    4
    >>> jacobian(lambda p: p["a"] ** 2)({"a": np.array([1.0, 2.0]), "b": 3.0})
    {'a': array([[2., 0.],
           [0., 4.]]), 'b': array([0., 0.])}
    """
    if mode not in (FORWARD, REVERSE, None):
        raise ValueError(f"jacobian: mode {mode!r} is none of 'forward', 'reverse' and None")
    if sparse:
        scipy_sparse()
    return Jacobian(f, argnums, has_aux, mode, holomorphic, sparse=sparse)


class Jacobian(Transformed):
    """What `jacobian` returns, and `hessian`."""

    def __init__(
        self,
        f: Callable[..., Any],
        argnums: Argnums,
        has_aux: bool,
        mode: str | None,
        holomorphic: bool,
        name: str = "jacobian",
        sparse: bool = False,
    ) -> None:
        self.name = name
        super().__init__(f, argnums, has_aux)
        self._mode = mode
        self._holomorphic = holomorphic
        self._sparse = sparse

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        call = Call(self.name, self._f, args, kwargs, self._places(args, kwargs))
        output, aux = with_aux(self.name, call.output) if self._has_aux else (call.output, None)
        with modes.in_any_case():
            output = outputs_of(self.name, output)
        outputs = leaves_of(output)
        self._check_complex(outputs, call.inputs)
        if self._sparse:
            warn_if_cut(self.name, outputs, call.inputs)
            refuse_recorded(call, output)
            blocks, records = [[jacobian_of(z, x) for x in call.inputs] for z in outputs], False
        elif self._is_forward(outputs, call.inputs):
            blocks, records = _by_columns(call, output)
        else:
            blocks, records = _by_rows(call, output)
        if records:
            blocks = [_recorded(z, row, call) for z, row in zip(outputs, blocks, strict=True)]
        rest = iter(blocks)

        def of_leaf(leaf: Any, where: str) -> Any:
            trees = call.map_trees(next(rest))
            return tuple(trees) if self._several else trees[0]

        result = map_leaves(of_leaf, output)
        if not self._has_aux:
            return result
        return result, aux if records else plain_tree(aux)

    def _is_forward(self, outputs: list[Any], inputs: list[Any]) -> bool:
        if self._mode is not None:
            return self._mode == FORWARD
        return sum(map(_size, inputs)) < sum(_size(x) for x in outputs if is_variable(x))

    def _check_complex(self, outputs: list[Any], inputs: list[Any]) -> None:
        both = any(map(_is_complex, outputs)) and any(map(_is_complex, inputs))
        if both and not self._holomorphic:
            raise TypeError(
                f"{self.name}: a complex result by complex arguments has no one Jacobian; say "
                "holomorphic=True if f is, or differentiate real and imaginary part"
            )


def refuse_recorded(call: Call, output: Any) -> None:
    """Raise TypeError if a sparse derivative would have to be one that can be differentiated."""
    if Pullback(call, output).records:
        raise TypeError(
            f"{call.name}: sparse derivatives are constants; what is differentiated again needs "
            "the dense one, without sparse=True"
        )


def _recorded(z: Any, row: list[Any], call: Call) -> list[Any]:
    """The blocks of one result as variables."""
    return [
        as_recorded(b, z if x.__class__ is Value else x)
        for b, x in zip(row, call.inputs, strict=True)
    ]


# ---------------------------------------------------------------- by passes


def _by_rows(call: Call, output: Any) -> tuple[list[list[Any]], bool]:
    """For each leaf of the output the Jacobian by each input, by reverse passes."""
    pull = Pullback(call, output)
    if not pull.depends:
        warn_if_cut(call.name, leaves_of(output), call.inputs)
    record = bool(pull.records)
    at_once = record or _in_batch(call.inputs, leaves_of(output))
    blocks = []
    k = 0
    for z in leaves_of(output):
        if not is_variable(z):
            blocks.append([_no_derivative(z, x) for x in call.inputs])
            continue

        def back(g: Any, k: int = k) -> list[Any]:
            return pull.gradients({k: g}, record)

        rows = _stacked(back, z, call.inputs, _is_complex(z), at_once, pull)
        blocks.append([_block(row, z, x, False) for row, x in zip(rows, call.inputs, strict=True)])
        k += 1
    return blocks, record


def _by_columns(call: Call, output: Any) -> tuple[list[list[Any]], bool]:
    """The same by forward passes."""
    push = Pushed(call, output, often=True)
    if not push.depends:
        warn_if_cut(call.name, leaves_of(output), call.inputs)
    record = push.records
    outputs = leaves_of(output)
    at_once = record or _in_batch(call.inputs, outputs)
    variables = [z for z in outputs if is_variable(z)]
    columns = []
    for j, x in enumerate(call.inputs):

        def along(t: Any, j: int = j) -> list[Any]:
            given = [t if i == j else zero_of(x) for i, x in enumerate(call.inputs)]
            return list(push.tangents(given, record))

        found = _stacked(along, x, variables, _is_complex(x), at_once, push)
        columns.append(iter(found))
    blocks = [
        [
            _block(next(column), z, x, True) if is_variable(z) else _no_derivative(z, x)
            for column, x in zip(columns, call.inputs, strict=True)
        ]
        for z in outputs
    ]
    return blocks, record


def _stacked(
    f: Linear, x: Any, to: Sequence[Any], complete: bool, at_once: bool, graph: Pullback | Pushed
) -> list[Any]:
    """What the linear f makes of each unit array of the shape of x: for each of the variables that
    it leads `to`, all that along a first axis, or None if x has no element. `complete`: f is given
    complex numbers, but may keep the real part of a product only; then it is asked for both.
    `graph`: what f goes through."""
    unit: Any
    run = functools.partial(_both, f) if complete else f
    if x.__class__ is Value or not x.ndim:
        unit = 1.0 if x.__class__ is Value else x.dtype.type(1)
        return run(unit)
    n = x.size
    if not n:
        return [None for _ in to]

    def units(first: int, last: int) -> list[Any]:
        found = np.zeros((last - first, n), x.dtype)
        found[np.arange(last - first), np.arange(first, last)] = 1
        return [found.reshape(-1, *x.shape)]

    if n <= _FEW:
        one_by_one = [run(one) for one in units(0, n)[0]]
        return [_side_by_side(parts) for parts in zip(*one_by_one, strict=True)]
    if at_once:
        return one_batch(run, units(0, n), n)
    made = [np.empty((n, *z.shape), _dtype_of(z, complete)) for z in to]
    in_batches(run, units, n, graph.widest, made)
    return made


def _side_by_side(parts: Sequence[Any]) -> Any:
    if any(isinstance(part, Variable | StandIn) for part in parts):
        return PRIMITIVES["stack"].function(parts)
    return np.array(parts)


def _dtype_of(x: Any, complete: bool) -> Any:
    dtype = getattr(x, "dtype", np.dtype(float))
    return np.result_type(dtype, np.complex64) if complete else dtype


def _both(f: Linear, unit: Any) -> list[Any]:
    """f(1) where that is complex; where f keeps the real part of a product J·t only, J is
    f(1) + i·f(−i)."""
    ones = f(unit)
    if all(map(_is_complex, ones)):
        return ones
    others = f(unit * -1j)
    return [a if _is_complex(a) else a + b * 1j for a, b in zip(ones, others, strict=True)]


def _no_derivative(z: Any, x: Any) -> Any:
    """The block of what is no variable."""
    return _block(None, z, x, False)


def _block(stacked: Any, z: Any, x: Any, forward: bool) -> Any:
    """∂z/∂x in its shape and dtype, made of what is stacked along the axes of z, or forward along
    those of x; None stands for 0."""
    shape_z, shape_x = getattr(z, "shape", ()), x.shape
    dtype = np.dtype(float) if x.__class__ is Value else x.dtype
    if _is_complex(z):
        dtype = np.result_type(dtype, np.complex64)
    if stacked is None:
        stacked = np.zeros(shape_z + shape_x, dtype)
    elif forward:
        stacked = _reshape(stacked, shape_x + shape_z)
        if shape_x and shape_z:
            n, m = len(shape_x), len(shape_z)
            stacked = PRIMITIVES["transpose"].function(stacked, (*range(n, n + m), *range(n)))
    else:
        stacked = _reshape(stacked, shape_z + shape_x)
    if x.__class__ is Value and (z.__class__ is Value or isinstance(z, float | int)):
        return stacked if is_variable(stacked) else number_of(np.float64(stacked))
    if not isinstance(stacked, Variable | StandIn):
        return np.array(stacked, dtype, order="C", copy=None)
    if isinstance(stacked, Value) or getattr(stacked, "dtype", dtype) == dtype:
        return stacked
    return PRIMITIVES["astype"].function(stacked, dtype)


def _reshape(x: Any, shape: tuple[int, ...]) -> Any:
    if getattr(x, "shape", ()) == shape:
        return x
    return PRIMITIVES["reshape"].function(x, shape)


def _in_batch(*groups: Sequence[Any]) -> bool:
    """Whether any of these holds a batch, of a `vmap` outside."""
    return any(isinstance(detached(x), StandIn) for group in groups for x in group)


def _size(x: Any) -> int:
    return 1 if x.__class__ is Value else int(x.size)


def _is_complex(x: Any) -> bool:
    return np.dtype(getattr(x, "dtype", float)).kind == "c" or isinstance(x, complex)
