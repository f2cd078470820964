"""Usages of NumPy as scripts and NumPy's documentation write them, each a program of one array x.

A usage is Python: statements, and at the end the expression that is its result. It sees the
library's `np`, the variable `x` and the plain arrays of `CONSTANTS`. Each stands below the array
that it starts from, in `STARTS`.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy

Array = numpy.ndarray[Any, Any]

_rng = numpy.random.default_rng(0)

STARTS: dict[str, Array | float] = {
    "number": 0.7,
    "vector": numpy.array([0.6, -1.3, 2.1, 0.45, -0.7, 1.85]),
    "positive": numpy.array([0.6, 1.3, 2.1, 0.45, 0.7, 1.85]),
    "matrix": _rng.permutation(numpy.linspace(-1.5, 2.0, 12)).reshape(3, 4),
    "square": _rng.permutation(numpy.linspace(-1.1, 1.3, 9)).reshape(3, 3) + 2.5 * numpy.eye(3),
    "cube": _rng.permutation(numpy.linspace(-1.4, 1.7, 24)).reshape(2, 3, 4),
}
"""Where a usage starts: no ties, no zeros, no singular matrices."""

CONSTANTS: dict[str, Any] = {
    "A": numpy.linspace(-1.0, 1.0, 12).reshape(3, 4) ** 3 + 0.2,
    "S": numpy.array([[2.0, 0.3, -0.1], [0.3, 1.5, 0.2], [-0.1, 0.2, 1.0]]),
    "b": numpy.array([0.5, -1.0, 2.0]),
    "index": numpy.array([2, 0, 2]),
    "t": numpy.linspace(0.0, 1.0, 6),
}
"""The plain arrays that usages call by name."""

TEXT: dict[str, dict[str, str]] = {
    "operators": {
        "number": """
            x ** 2 + 3 * x - 1 / x
            2.0 ** x
            abs(-x)
            max(x, 0.5) * x
            x if x > 0 else -x
            divmod(x, 0.4)[1]
            round(x) * x
        """,
        "vector": """
            -x + 2 * x / 3 - x * x
            x % 1.5
            x // 2 * x
            (x > 0) * x
            5.0 % (x + 3)
            sum(x)
            sum(v ** 2 for v in x)
        """,
        "positive": """
            x ** x
            x ** 0.5
        """,
        "matrix": """
            x @ A.T
            A.T @ x
            x - x.mean(axis=0)
        """,
    },
    "elementwise": {
        "number": """
            np.sin(x) * np.exp(-x)
            np.sinc(x)
        """,
        "vector": """
            np.cos(x)
            np.tan(x)
            np.arcsin(x / 4)
            np.arccos(x / 4)
            np.arctan(x)
            np.arctan2(x, x + 3)
            np.sinh(x)
            np.cosh(x)
            np.tanh(x)
            np.arcsinh(x)
            np.arctanh(x / 4)
            np.exp2(x)
            np.expm1(x)
            np.cbrt(x)
            np.square(x)
            np.reciprocal(x)
            np.power(x, 3)
            np.abs(x)
            np.fabs(x)
            np.sign(x) * x
            np.heaviside(x, 0.5) * x
            np.copysign(2.0 * x, -1.0)
            np.maximum(x, 0)
            np.minimum(x, np.sin(x))
            np.fmax(x, 0.3)
            np.fmin(x, 0.3)
            np.logaddexp(x, 1.0)
            np.logaddexp2(0.5, x)
            np.hypot(x, 2.0)
            np.mod(x, 0.8)
            np.remainder(x, 0.8)
            np.fmod(x, 0.8)
            np.floor(x) * x
            np.modf(x)[0]
            np.deg2rad(x)
            np.degrees(x)
            np.clip(x, -1, 1)
            np.nan_to_num(x)
            np.where(x > 0, x, 0.1 * x)
            np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0)
            np.piecewise(x, [x < 0, x >= 0], [lambda u: -u, lambda u: u ** 2])
            np.select([x < 0, x < 1], [x ** 2, 2 * x], default=0.5)
            np.i0(x)
            np.ldexp(x, 2)
            np.unwrap(4 * x)
            np.positive(x) + np.negative(x) * 2
            np.interp(x, [-2.0, 0.0, 1.0, 3.0], [1.0, -1.0, 0.5, 2.0])
            np.interp(t, np.linspace(0, 1, 6), x)
        """,
        "positive": """
            np.log(x)
            np.log2(x)
            np.log10(x)
            np.log1p(x)
            np.sqrt(x)
            np.arccosh(x + 1)
            np.float_power(x, 1.5)
            np.true_divide(1.0, x)
        """,
    },
    "methods of ufuncs": {
        "matrix": """
            np.add.reduce(x)
            np.multiply.reduce(x, axis=1)
            np.maximum.reduce(x, axis=0)
            np.logaddexp.reduce(x, axis=1)
            np.add.accumulate(x, axis=1)
            np.maximum.accumulate(x)
            np.multiply.outer(x[0], x[1])
            np.add.reduceat(x[0], [0, 2])
            np.exp(x, dtype=np.float64)
        """,
    },
    "reductions": {
        "vector": """
            np.sum(x)
            np.prod(x)
            np.median(x)
            np.percentile(x, 30)
            np.average(x)
            np.trapezoid(x, t)
            np.nanmean(np.where(x > 0, x, np.nan))
        """,
        "matrix": """
            x.sum(axis=1)
            np.sum(x, axis=(0, 1), keepdims=True)
            np.sum(x, where=A > 0)
            np.sum(x, axis=0, initial=2.0) ** 2
            np.prod(x, axis=0)
            x.prod()
            np.mean(x, axis=1, keepdims=True)
            np.var(x)
            x.var(axis=0, ddof=1)
            np.std(x, axis=1)
            x.std()
            np.max(x)
            x.max(axis=1)
            np.amin(x, axis=0)
            np.ptp(x, axis=0)
            np.quantile(x, [0.25, 0.75], axis=1)
            np.median(x, axis=0)
            np.average(x, axis=0, weights=b ** 2)
            np.nansum(x, axis=0)
            np.nanmax(x)
            np.nanstd(x, axis=1)
            np.nanprod(x)
            x.trace()
            np.trace(x, offset=1)
            np.count_nonzero(x > 0) * x
        """,
    },
    "cumulative and differences": {
        "vector": """
            np.cumsum(x)
            np.cumprod(x)
            x.cumsum()
            np.nancumsum(x)
            np.diff(x)
            np.ediff1d(x)
            np.gradient(x)
            np.gradient(x, t)
            np.convolve(x, b)
            np.convolve(b, x, mode='valid')
            np.correlate(x, b, 'same')
        """,
        "matrix": """
            np.cumsum(x, axis=1)
            np.cumprod(x, axis=0)
            np.diff(x, n=2, axis=1)
            np.gradient(x, 0.1, axis=0)
            np.gradient(x)
            np.cov(x)
            np.corrcoef(x)
            np.cov(x, rowvar=False, bias=True)
        """,
    },
    "shape": {
        "number": """
            np.atleast_1d(x) * b
            np.full(3, x)
            np.broadcast_to(x, (2, 2))
        """,
        "vector": """
            x[:, None] * x
            x[np.newaxis]
            np.expand_dims(x, 0) @ np.expand_dims(x, 1)
            np.reshape(x, (2, 3))
            x.reshape(3, -1)
            np.atleast_2d(x)
            np.flip(x)
            x[::-1]
            np.roll(x, 2)
            np.tile(x, 2)
            np.repeat(x, 3)
            np.pad(x, 2)
            np.pad(x, (1, 2), mode='reflect')
            np.pad(x, 1, mode='edge')
            np.diag(x)
            np.resize(x, (2, 4))
            np.vander(x, 3)
            np.trim_zeros(x)
            np.lib.stride_tricks.sliding_window_view(x, 3)
        """,
        "matrix": """
            x.T
            np.transpose(x) @ b
            x.ravel()
            np.ravel(x, order='F')
            x.flatten()
            x.copy()
            np.copy(x)
            x.squeeze()
            np.squeeze(x[:, :1])
            np.swapaxes(x, 0, 1)
            np.moveaxis(x, 0, -1)
            np.rot90(x)
            np.fliplr(x)
            np.flipud(x)
            np.tril(x)
            np.triu(x, 1)
            np.diag(x)
            np.diagonal(x)
            np.repeat(x, 2, axis=1)
            np.pad(x, ((1, 0), (0, 1)), constant_values=1.0)
            np.roll(x, 1, axis=0)
            np.broadcast_to(x[0], (2, 4))
            x.astype(float)
            np.ascontiguousarray(x)
            np.asarray(x) * 2
        """,
        "cube": """
            np.transpose(x, (2, 0, 1))
            x.transpose(1, 0, 2)
            np.rollaxis(x, 2)
            x.swapaxes(0, 2)
            x.mean(axis=(0, 2))
        """,
    },
    "joining and splitting": {
        "vector": """
            np.concatenate([x, 2 * x])
            np.concatenate((x[:2], b))
            np.hstack([x[0], x])
            np.vstack([x, x ** 2])
            np.column_stack((x, t))
            np.stack([x, x], axis=1)
            np.append(x, x[0])
            np.insert(x, 1, 3.0)
            np.delete(x, 2)
            np.split(x, 3)[1]
            np.array_split(x, 4)
            np.meshgrid(x, b)[0]
            np.r_[x, 1.0]
            np.r_[x, b, 1:3]
            np.c_[x, t]
        """,
        "matrix": """
            np.block([[x, x], [x, A]])
            np.dstack([x, A])
            np.hsplit(x, 2)
            np.append(x, A, axis=0)
            a, b, c = x; a * b + c
        """,
    },
    "indexing": {
        "vector": """
            x[0] * x[-1]
            x[x > 0]
            x[index]
            x[np.argmax(x)]
            x[x.argmax()]
            x[x.argsort()[:2]]
            (x > 0).any() * x
            np.take(x, index)
            x.take([0, -1])
            np.compress(x > 0, x)
            np.extract(x > 0, x)
            x[np.nonzero(x > 0)]
            x[np.where(x > 0)]
            x[[0, 0, 3]]
            x[x.astype(int)]
            x[2:][1:3]
            len(x) * x
        """,
        "matrix": """
            x[1]
            x[:, 1]
            x[1:, ::2]
            x[index, index]
            x[..., -1]
            x[np.arange(3), index]
            x[np.ix_([0, 2], [1, 3])]
            x[np.triu_indices(3)]
            x[np.argmax(x, axis=0), np.arange(4)]
            np.take(x, [0, 2], axis=1)
            np.take_along_axis(x, np.argsort(x, axis=1), axis=1)
            x.flat[3]
            np.choose([0, 1, 2, 0], x)
            x[2, 1:][[0, 2]]
            x[:, [0, 2]][1]
            [row.sum() for row in x]
        """,
    },
    "sorting": {
        "vector": """
            np.sort(x)
            x[np.argsort(x)]
            np.partition(x, 2)[:2]
            np.unique(x)
        """,
        "matrix": """
            np.sort(x, axis=0)
            np.sort(x, axis=None)[::-1]
        """,
    },
    "products": {
        "vector": """
            np.dot(x, x)
            x.dot(x)
            np.inner(x, t)
            np.outer(x, b)
            np.vdot(x, t)
            np.kron(x, b)
            np.cross(x[:3], b)
            np.polyval(x, 0.5)
            np.polyval(b, x)
            np.einsum('i,i->', x, x)
        """,
        "matrix": """
            np.dot(x, x.T)
            np.matmul(x, A.T)
            np.einsum('ij,jk', x, A.T)
            np.einsum('ij->j', x)
            np.einsum('ij,kj->ik', x, x)
            np.einsum('ii->i', x[:, :3])
            np.tensordot(x, A, axes=([0, 1], [0, 1]))
            np.kron(x, A)
            np.linalg.multi_dot([x, A.T, x])
        """,
        "cube": """
            np.einsum('bij,bkj->bik', x, x)
            np.matmul(x, x.transpose(0, 2, 1))
            np.tensordot(x, A, 2)
            np.einsum('...ij,kj->...ik', x, A)
            np.einsum('bij,kj,kl->bil', x, A, A)
            np.trace(x, axis1=1, axis2=2)
        """,
    },
    "linear algebra": {
        "vector": """
            np.linalg.norm(x)
            np.linalg.norm(x, 1)
            np.linalg.norm(x, np.inf)
            np.linalg.solve(S, x[:3])
        """,
        "matrix": """
            np.linalg.norm(x, axis=1)
            np.linalg.norm(x, axis=1, keepdims=True)
            np.linalg.norm(x, 'nuc')
            np.linalg.pinv(x)
            np.linalg.svd(x, compute_uv=False)
            np.linalg.lstsq(x.T, np.array([1.0, 2.0, 0.5, -1.0]), rcond=None)[0]
        """,
        "square": """
            np.linalg.inv(x)
            np.linalg.det(x)
            np.linalg.slogdet(x)[1]
            np.linalg.solve(x, b)
            np.linalg.solve(x, S)
            np.linalg.cholesky(x @ x.T)
            np.linalg.eigh(x + x.T)[0]
            np.linalg.eigvalsh(x + x.T)
            np.abs(np.linalg.eigh(x + x.T)[1])
            np.linalg.eigvals(x @ x.T).real
            np.linalg.matrix_power(x, 3)
            np.linalg.qr(x)[1]
            u, s, vt = np.linalg.svd(x); (u * s ** 2) @ vt
            np.linalg.norm(x, 2)
            np.linalg.cond(x)
        """,
    },
    "Fourier transforms and complex numbers": {
        "vector": """
            np.abs(np.fft.fft(x))
            np.fft.ifft(np.fft.fft(x) * 2).real
            np.abs(np.fft.rfft(x)) ** 2
            np.fft.irfft(np.fft.rfft(x) * np.array([1.0, 0.5, 0.25, 0.0]), 6)
            np.fft.fftshift(x)
            np.real(np.exp(1j * x))
            np.imag(x * (1 + 2j))
            np.abs(x + 2j)
            np.angle(x + 2j)
            (x * 1j).conj()
        """,
        "matrix": """
            np.fft.fft2(x)
            np.real(np.fft.ifftn(np.fft.fftn(x) ** 2))
        """,
    },
    "making arrays": {
        "vector": """
            np.array([x[0], 2 * x[1]])
            np.array([[x[0], 1.0], [0.0, x[1]]]) @ b[:2]
            np.array([np.sin(v) for v in x])
            np.stack([x[0], x[1] * x[2]])
            np.linspace(0, x[0], 5)
            np.linspace(x[0], x[1], 4)
            np.full((2, 2), x[0])
            np.full_like(b, x[0])
            np.ones_like(x) * x
            np.asarray([x[0], x[2]])
            np.array([x[0], x[1]]) * x[2:4]
            A[0, :2] @ np.array([x[0], x[1]])
            np.linalg.norm(np.array([x[0], x[1], 1.0]))
            np.arange(6) * x
            np.eye(6) * x
            np.exp(np.array([x[0], x[1]])).sum()
        """,
        "number": """
            np.array([np.cos(x), np.sin(x)])
            np.array([[np.cos(x), -np.sin(x)], [np.sin(x), np.cos(x)]]) @ np.array([1.0, 2.0])
            np.array(x) * 2
        """,
        "matrix": """
            np.array([x, 2 * x])
            np.array([[x, x + 1], [A, x ** 2]])
        """,
    },
    "assignment": {
        "vector": """
            y = np.zeros_like(x); y[0] = x[1]; y
            y = np.zeros(6); y[2:5] = x[:3] ** 2; y
            y = x.copy(); y[x < 0] = 0.0; y
            y = x * 2; y[1:] += x[:-1]; y
        """,
    },
    "idioms": {
        "vector": """
            m = x.max(); m + np.log(np.sum(np.exp(x - m)))
            np.log(1 + np.exp(-x)).mean()
            np.exp(x) / np.exp(x).sum()
            p = np.exp(x) / np.sum(np.exp(x)); -np.sum(p * np.log(p))
            np.exp(-0.5 * (x[:, None] - t) ** 2)
            np.sqrt(np.mean((x - t) ** 2))
            np.dot(x - x.mean(), t - t.mean()) / (np.std(x) * np.std(t))
            np.polyval(np.polyfit(t, x, 2), 0.3)
            np.cumsum(np.insert(x, 0, 0.0))
            np.maximum(0, 1 - x * np.sign(t - 0.5)).sum()
        """,
        "matrix": """
            ((x[:, None] - A) ** 2).sum(-1)
            x / np.linalg.norm(x, axis=1, keepdims=True)
            (x - x.mean(axis=0)) / x.std(axis=0)
            np.exp(x - x.max(axis=1, keepdims=True))[np.arange(3), index]
            np.hstack([np.ones((3, 1)), x]) @ x.T[:1].repeat(5, axis=0)
        """,
        "square": """
            -0.5 * (b @ np.linalg.solve(x @ x.T, b) + np.linalg.slogdet(x @ x.T)[1])
            b @ np.linalg.inv(x) @ b
            np.sum(np.log(np.diag(np.linalg.cholesky(x @ x.T))))
        """,
    },
    "functions over arrays": {
        "vector": """
            np.apply_along_axis(lambda u: u ** 2, 0, x)
            np.vectorize(lambda u: u ** 2)(x)
            np.histogram(x, 3)[0] * x[:3]
            np.searchsorted(t, 0.5) * x
            np.allclose(x, x) * x
            np.isfinite(x) * x
            x.tolist()[0] * 2
        """,
    },
}
"""By subject and start, a usage a line."""


@dataclass(frozen=True)
class Usage:
    """A program of one array: its subject, its text, and the name of where it starts."""

    subject: str
    text: str
    start: str

    @functools.cached_property
    def parts(self) -> tuple[CodeType, CodeType]:
        """Its statements, and the expression at its end."""
        body = ast.parse(self.text).body
        assert isinstance(body[-1], ast.Expr), self.text
        statements = compile(ast.Module(body[:-1], []), self.text, "exec")
        return statements, compile(ast.Expression(body[-1].value), self.text, "eval")

    @property
    def x(self) -> Any:
        """Where it starts: a number, or an array of its own."""
        start = STARTS[self.start]
        return start if isinstance(start, float) else start.copy()

    def run(self, np: Any, x: Any) -> Any:
        """Its result with some library's NumPy and variable."""
        names = {"np": np, **CONSTANTS, "x": x}
        statements, expression = self.parts
        exec(statements, names)
        return eval(expression, names)


def usages() -> Iterator[Usage]:
    """All of them, in order."""
    for subject, by_start in TEXT.items():
        for start, lines in by_start.items():
            for line in lines.strip().splitlines():
                yield Usage(subject, line.strip(), start)
