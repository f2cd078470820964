"""The problems by PyTorch and by JAX: the same text with the library's `np` in it.

Only what is a loop of many steps is written anew for JAX, as a scan; and each library's own
transforms differentiate. JAX's programs are compiled.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy

from benchmarks import peers
from benchmarks.gradbench.problems import ba, det, gmm, ht, kmeans, llsq, lse, lstm, ode

Run = Callable[[], Any]
TORCH, JAX = "torch", "JAX"


def ported(module: Any, library: Library, *names: str) -> Any:
    """Functions of a problem with another `np`, and its `sigmoid`."""
    space = {**vars(module), "np": library.np, "al": library.np}
    for name in names:
        function = getattr(module, name)
        code = getattr(function, "__wrapped__", function).__code__
        space[name] = types.FunctionType(code, space, name)
    return types.SimpleNamespace(**{name: space[name] for name in names})


@dataclass(frozen=True)
class Library:
    """What differs between the two."""

    np: Any
    array: Callable[[Any], Any]
    """Its array of NumPy's."""
    run: Callable[[Callable[..., Any], tuple[Any, ...]], Run]
    """A function on arguments: compiled where that is usual, and waited for."""
    grad: Callable[..., Any]
    """As JAX's: grad(f, argnums)."""
    jvp: Callable[..., Any]
    vmap: Callable[..., Any]
    jacfwd: Callable[..., Any]
    jacrev: Callable[..., Any]
    scans: bool
    """Whether long loops are scans."""


def library(name: str) -> Library:
    """PyTorch or JAX, in double precision, on one thread."""
    return _torch() if name == TORCH else _jax()


def _torch() -> Library:
    torch = peers.load(TORCH)
    torch.set_default_dtype(torch.float64)
    own = {"max": torch.amax, "split": torch.tensor_split}
    f = torch.func
    return Library(
        types.SimpleNamespace(**{**vars(torch), **own}),
        lambda x: torch.from_numpy(numpy.array(x)),
        lambda function, arguments: lambda: function(*arguments),
        *(f.grad, f.jvp, f.vmap, f.jacfwd, f.jacrev),
        scans=False,
    )


def _jax() -> Library:
    jax, jnp = peers.load(JAX), peers.load(JAX, ".numpy")
    jax.config.update("jax_enable_x64", True)

    def compiled(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Run:
        program = jax.jit(function)
        return lambda: jax.block_until_ready(program(*arguments))

    return Library(
        types.SimpleNamespace(**{**vars(jnp), "sigmoid": jax.nn.sigmoid}),
        jnp.asarray,
        compiled,
        *(jax.grad, jax.jvp, jax.vmap, jax.jacfwd, jax.jacrev),
        scans=True,
    )


# ---------------------------------------------------------------- the problems: the gradients


def of_llsq(lib: Library, given: Any) -> Run:
    f = ported(llsq, lib, "objective").objective
    t = lib.array(llsq.points(given["n"]))
    return lib.run(lib.grad(f), (lib.array(given["x"]), t))


def of_lse(lib: Library, given: Any) -> Run:
    return lib.run(lib.grad(ported(lse, lib, "objective").objective), (lib.array(given["x"]),))


def of_ode(lib: Library, given: Any) -> Run:
    text = ported(ode, lib, "slope", "step", "solution")
    steps = given["s"]

    def last(x: Any) -> Any:
        return text.solution(x, steps)[-1]

    def scanned(x: Any) -> Any:
        loop = peers.load(JAX, ".lax").scan
        start = lib.np.zeros_like(x)
        return loop(lambda y, _: (text.step(x, y, 2.0 / steps), None), start, length=steps)[0][-1]

    f = scanned if lib.scans else last
    return lib.run(lib.grad(f), (lib.array(given["x"]),))


def of_det(lib: Library, given: Any) -> Run:
    f, size = ported(det, lib, "by_arrays").by_arrays, given["ell"]
    return lib.run(lib.grad(lambda A: f(A, size)), (lib.array(given["A"]),))


def of_kmeans(lib: Library, given: Any) -> Run:
    f = ported(kmeans, lib, "objective", "nearest").objective

    def newton(C: Any, P: Any) -> Any:
        slope = lib.grad(lambda C: f(C, P))
        gradient, diagonal = lib.jvp(slope, (C,), (lib.np.ones_like(C),))
        return gradient / diagonal

    return lib.run(newton, (lib.array(given["centroids"]), lib.array(given["points"])))


def of_gmm(lib: Library, given: Any) -> Run:
    f = ported(gmm, lib, "objective", "triangular", "logsumexp").objective
    parameters, x, gamma, m = gmm.arguments(given)
    own = {name: lib.array(part) for name, part in parameters.items()}
    gradient = lib.grad(lambda p, x, gamma: f(p, x, gamma, m))
    return lib.run(gradient, (own, lib.array(x), lib.array(gamma)))


def of_lstm(lib: Library, given: Any) -> Run:
    text = ported(lstm, lib, "layer", "objective", "loss", "outputs")

    def scanned(main: Any, extra: Any, state: Any, sequence: Any) -> Any:
        scan = peers.load(JAX, ".lax").scan

        def step(carry: Any, z: Any) -> Any:
            carry, z = text.outputs(main, carry, z)
            return carry, z

        pairs = [(state[i], state[i + 1]) for i in range(0, len(state), 2)]
        last = scan(step, pairs, extra[0] * sequence[:-1])[1]
        return text.loss(last, extra, sequence)

    f = scanned if lib.scans else text.objective
    return lib.run(lib.grad(f, (0, 1)), tuple(map(lib.array, lstm.arguments(given))))


def of_ba(lib: Library, given: Any) -> Run:
    f = ported(ba, lib, "reprojection", "rotated", "cross").reprojection
    jacobians = lib.vmap(lib.jacrev(f))
    slopes = lib.vmap(lib.grad(ba.weight_error))
    scene = ba.Scene(given)
    every = numpy.arange(scene.p)
    w = lib.array(scene.weights)

    def values(cameras: Any, points: Any, w: Any, features: Any) -> Any:
        unknowns = [*cameras[:, every % scene.n], *points[:, every % scene.m], w]
        rows = jacobians(unknowns, [*features])
        dense = lib.np.stack([lib.np.stack([*row], axis=1) for row in rows], axis=1)
        return lib.np.concatenate([dense.reshape(-1), slopes(w)])

    given_to = (*map(lib.array, (scene.cameras, scene.points)), w, lib.array(scene.features))
    run = lib.run(values, given_to)
    return lambda: (*scene.places(), run())


def of_ht(lib: Library, given: Any) -> Run:
    f = ported(ht, lib, "errors", "vertices", "turns", "along_the_chain", "rotation").errors
    hand = ht.Hand(given)
    theta, us, points, model = hand.arguments
    own = {name: lib.array(part) for name, part in model.items()}

    def jacobian(theta: Any, us: Any, points: Any, model: Any) -> Any:
        by_theta = lib.jacfwd(lambda theta: f(hand, theta, us, points, model))(theta)
        if us is None:
            return by_theta.reshape(-1, 26)
        directions = (lib.np.zeros_like(us) + lib.np.eye(2)[i] for i in range(2))
        by_us = [
            lib.jvp(lambda us: f(hand, theta, us, points, model), (us,), (direction,))[1]
            for direction in directions
        ]
        return lib.np.concatenate([lib.np.stack(by_us, axis=2), by_theta], axis=2).reshape(-1, 28)

    own_us = None if us is None else lib.array(us)
    return lib.run(jacobian, (lib.array(theta), own_us, lib.array(points), own))


GRADIENTS: dict[str, Callable[[Library, Any], Run]] = {
    "llsq": of_llsq,
    "lse": of_lse,
    "ode": of_ode,
    "det": of_det,
    "kmeans": of_kmeans,
    "gmm": of_gmm,
    "lstm": of_lstm,
    "ba": of_ba,
    "ht": of_ht,
}
"""What computes the gradient, or the Jacobian, of a problem; none of particle and saddle."""


def numbers(found: Any) -> list[Any]:
    """All arrays of a result, of dicts by their keys."""
    if isinstance(found, dict):
        return [x for key in sorted(found) for x in numbers(found[key])]
    if isinstance(found, list | tuple):
        if all(isinstance(x, float) for x in found):
            return [numpy.array(found)]
        return [x for part in found for x in numbers(part)]
    return [found.numpy() if hasattr(found, "numpy") else numpy.asarray(found)]
