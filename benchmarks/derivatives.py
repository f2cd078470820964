"""`derivatives`: derivatives of every kind, beside HIPS autograd and JAX.

Hessians, Jacobians, Hessian-vector products and gradients of what scientists write. Each program
is written as the library's documentation does; where the same text runs everywhere, with the
library's `np` in it, it is written once. JAX's is compiled, and compiling it is timed apart. What
autograd_lite cannot do yet is skipped, with a line that says why.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

import autograd_lite
from autograd_lite import transforms
from benchmarks import peers
from benchmarks.measure import Row, Timed, check_agreement, interleaved, relative

Array = numpy.ndarray[Any, Any]
Function = Callable[..., Any]

OURS, HIPS, JAX = "autograd_lite", "HIPS autograd", "JAX"
COMPILING = "JAX, compiling"
PROGRAMS = {OURS: None, HIPS: None, JAX: None}
"""The libraries, for the command line."""


@dataclass(frozen=True)
class Case:
    """One derivative, by each library: what makes the function of plain arrays that computes it."""

    title: str
    arguments: tuple[Array, ...]
    ours: Callable[[], Function]
    hips: Callable[[Any, Any], Function]
    """Of the package, and of its `numpy`."""
    jax: Callable[[Any, Any], Function]
    target: str = "HIPS autograd ≥ 1"
    rtol: float = 1e-8


# ---------------------------------------------------------------- Hessians and Jacobians


def rosenbrock(np: Any, x: Any) -> Any:
    """Σ 100·(xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)², as scipy.optimize.rosen."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def hessians(n: int = 1000) -> Iterator[Case]:
    """The Hessian of Rosenbrock's function of n variables, dense and by its sparsity pattern."""
    x = numpy.random.default_rng(0).uniform(-1.0, 1.0, n)

    def sparse() -> Function:
        hessian = transforms.hessian(lambda x: rosenbrock(numpy, x), sparse=True)
        return lambda x: hessian(x).toarray()

    for title, ours in (
        ("dense", lambda: transforms.hessian(lambda x: rosenbrock(numpy, x))),
        ("sparse, the others' dense", sparse),
    ):
        yield Case(
            f"Hessian of Rosenbrock's function, {n} variables, {title}",
            (x,),
            ours,
            lambda autograd, np: autograd.hessian(lambda x: rosenbrock(np, x)),
            lambda jax, np: jax.hessian(lambda x: rosenbrock(np, x)),
        )


def jacobians(outputs: int = 100, inputs: int = 1000) -> Iterator[Case]:
    """The Jacobian of tanh(W₂ tanh(W₁ x))."""
    rng = numpy.random.default_rng(0)
    W1 = rng.standard_normal((outputs, inputs)) / numpy.sqrt(inputs)
    W2 = rng.standard_normal((outputs, outputs)) / numpy.sqrt(outputs)

    def f(np: Any, x: Any) -> Any:
        return np.tanh(W2 @ np.tanh(W1 @ x))

    yield Case(
        f"Jacobian {outputs} × {inputs}",
        (rng.standard_normal(inputs),),
        lambda: transforms.jacobian(lambda x: f(numpy, x)),
        lambda autograd, np: autograd.jacobian(lambda x: f(np, x)),
        lambda jax, np: jax.jacrev(lambda x: f(np, x)),
    )


def products(sizes: Sequence[int] = (50, 100, 100, 1), batch: int = 100) -> Iterator[Case]:
    """The Hessian of a perceptron's squared error times a vector; all parameters in one array."""
    rng = numpy.random.default_rng(0)
    shapes = [(a + 1, b) for a, b in itertools.pairwise(sizes)]
    count = sum(a * b for a, b in shapes)
    X, targets = rng.standard_normal((batch, sizes[0])), rng.standard_normal((batch, sizes[-1]))

    def loss(np: Any, p: Any) -> Any:
        h, start = X, 0
        for i, (a, b) in enumerate(shapes):
            W = np.reshape(p[start : start + a * b], (a, b))
            h = h @ W[:-1] + W[-1]
            h = np.tanh(h) if i < len(shapes) - 1 else h
            start += a * b
        return np.mean((h - targets) ** 2)

    def ours() -> Function:
        of = getattr(transforms, "hvp", None)
        if of is not None:
            return lambda p, v: of(lambda p: loss(numpy, p))(p, v)
        gradient = autograd_lite.grad(lambda p: loss(numpy, p))
        return lambda p, v: autograd_lite.grad(lambda p: numpy.vdot(gradient(p), v))(p)

    yield Case(
        f"Hessian-vector product of a perceptron {'-'.join(map(str, sizes))}",
        (0.2 * rng.standard_normal(count), rng.standard_normal(count)),
        ours,
        lambda autograd, np: autograd.hessian_vector_product(lambda p: loss(np, p)),
        lambda jax, np: lambda p, v: jax.jvp(jax.grad(lambda p: loss(np, p)), (p,), (v,))[1],
    )


# ---------------------------------------------------------------- gradients


def gradient_case(
    title: str, f: Callable[[Any, Any], Any], arguments: tuple[Array, ...], **others: Any
) -> Case:
    """The value and the gradient of f(np, x): the same text for all but the `others`."""
    own, hips, jitted = (others.get(name, f) for name in ("ours", "hips", "jax"))
    return Case(
        title,
        arguments,
        lambda: autograd_lite.value_and_grad(lambda x: own(numpy, x)),
        lambda autograd, np: autograd.value_and_grad(lambda x: hips(np, x)),
        lambda jax, np: jax.value_and_grad(lambda x: jitted(np, x)),
    )


def gaussian_processes(n: int = 500) -> Iterator[Case]:
    """log p(y) = −½ yᵀK⁻¹y − ½ log |K| − ½ n log 2π with Kᵢⱼ = s² exp(−(tᵢ−tⱼ)²/2l²) + σ²δᵢⱼ."""
    rng = numpy.random.default_rng(0)
    t = numpy.sort(rng.uniform(0.0, 10.0, n))
    y = numpy.sin(t) + 0.1 * rng.standard_normal(n)
    squares, identity = (t[:, None] - t) ** 2, numpy.eye(n)

    def likelihood(np: Any, logs: Any) -> Any:
        scale, length, noise = np.exp(logs[0]), np.exp(logs[1]), np.exp(logs[2])
        K = scale**2 * np.exp(-0.5 * squares / length**2) + noise**2 * identity
        fit = np.dot(y, np.linalg.solve(K, y))
        return -0.5 * (fit + np.linalg.slogdet(K)[1] + n * np.log(2.0 * np.pi))

    title = f"Gaussian process, marginal likelihood and gradient, n = {n}"
    yield gradient_case(title, likelihood, (numpy.log([1.2, 0.8, 0.2]),))


def trajectories(steps: int = 200) -> Iterator[Case]:
    """Runge and Kutta's steps of a pendulum with damping, into an array, by all its parameters."""
    h = 10.0 / steps

    def slope(np: Any, p: Any, y: Any) -> Any:
        return np.stack([y[1], -p[0] * np.sin(y[0]) - p[1] * y[1]])

    def step(np: Any, p: Any, y: Any) -> Any:
        k1 = slope(np, p, y)
        k2 = slope(np, p, y + 0.5 * h * k1)
        k3 = slope(np, p, y + 0.5 * h * k2)
        k4 = slope(np, p, y + h * k3)
        return y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)

    def assigned(np: Any, p: Any) -> Any:
        y = autograd_lite.Tensor(np.zeros((steps + 1, 2)))
        y[0] = p[2:]
        for i in range(steps):
            y[i + 1] = step(np, p, y[i])
        return np.mean(y**2)

    def listed(np: Any, p: Any) -> Any:
        ys = [p[2:]]
        for _ in range(steps):
            ys.append(step(np, p, ys[-1]))
        return np.mean(np.stack(ys) ** 2)

    def scanned(np: Any, p: Any) -> Any:
        scan = peers.load(JAX, ".lax").scan

        def body(y: Any, _: Any) -> Any:
            new = step(np, p, y)
            return new, new

        _, ys = scan(body, p[2:], None, length=steps)
        return np.mean(np.concatenate([p[None, 2:], ys]) ** 2)

    p = numpy.array([4.0, 0.3, 1.0, 0.5])
    for title, ours in (("into an array", assigned), ("in a list", listed)):
        yield gradient_case(
            f"{steps} steps of Runge and Kutta {title}", listed, (p,), ours=ours, jax=scanned
        )


def attention(batch: int = 4, length: int = 32, heads: int = 4, width: int = 64) -> Iterator[Case]:
    """A block of attention by einsum: queries, keys, values and output of several heads."""
    rng = numpy.random.default_rng(0)
    size = width // heads
    X = rng.standard_normal((batch, length, width))
    W = rng.standard_normal((4, width, heads, size)) / numpy.sqrt(width)

    def f(np: Any, W: Any) -> Any:
        q, k, v = (np.einsum("btd,dhe->bhte", X, W[i]) for i in range(3))
        scores = np.einsum("bhte,bhse->bhts", q, k) / numpy.sqrt(size)
        scores = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
        weights = scores / np.sum(scores, axis=-1, keepdims=True)
        mixed = np.einsum("bhts,bhse->bthe", weights, v)
        return np.mean((np.einsum("bthe,dhe->btd", mixed, W[3]) - X) ** 2)

    yield gradient_case(f"attention by einsum, {batch} × {length} × {width}", f, (W,))


CASES = (hessians, jacobians, products, gaussian_processes, trajectories, attention)


# ---------------------------------------------------------------- running them


def program(case: Case, name: str) -> Function:
    """What computes a case by a library."""
    if name == OURS:
        return case.ours()
    if name == HIPS:
        return case.hips(peers.load(HIPS), peers.load(HIPS, ".numpy"))
    jax, jnp = peers.load(JAX), peers.load(JAX, ".numpy")
    jax.config.update("jax_enable_x64", True)
    return jax.jit(case.jax(jax, jnp)).lower(*case.arguments).compile()  # type: ignore[no-any-return]


def timed(case: Case, name: str) -> Timed:
    """The same as a program to be timed, with arrays of its own."""
    run = program(case, name)
    arguments = tuple(x.copy() for x in case.arguments)

    def results() -> list[Array]:
        found = run(*arguments)
        return [numpy.asarray(x) for x in (found if isinstance(found, tuple | list) else [found])]

    return Timed(results)


def programs_of(case: Case) -> tuple[dict[str, Timed], float | None]:
    """The programs of the libraries that are installed and can do it, and how long JAX compiles."""
    found: dict[str, Timed] = {}
    compiling = None
    for name in (OURS, HIPS, JAX):
        if not peers.is_installed(name):
            continue
        start = time.perf_counter()
        try:
            made = timed(case, name)
            made.run() if name == OURS else None
        except (AttributeError, TypeError, NotImplementedError) as error:
            if name != OURS:
                raise
            print(f"\nderivatives: {case.title}: {OURS} is skipped: {error}")
            continue
        found[name] = made
        compiling = time.perf_counter() - start if name == JAX else compiling
    return found, compiling


def measure(rounds: int) -> list[Row]:
    """Times in units of autograd_lite's; where it is skipped, of HIPS autograd's."""
    rows = []
    for case in (case for cases in CASES for case in cases()):
        programs, compiling = programs_of(case)
        check_agreement(programs, case.rtol)
        times = interleaved(programs, rounds)
        if compiling is not None:
            times[COMPILING] = compiling
        title = (
            case.title if OURS in programs else f"{case.title} (in units of {next(iter(times))})"
        )
        rows.append(Row(title, relative(times), case.target))
    return rows
