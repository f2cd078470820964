"""Programs of one number x in which the graph from x could get lost: in a conversion to a plain
number, in an array that is filled, in a function that knows nothing of variables."""

CONVERSIONS = """
x * math.log(x)
math.sin(x)
math.hypot(x, 1.0)
math.fsum([x, x])
math.prod([x, x])
math.dist([x], [0.0])
math.copysign(x, -1.0)
math.ldexp(x, 1)
math.modf(x)[0]
math.isclose(x, 2.0) * x
math.gcd(x, 1) * x
int(x) * x
math.fabs(x)
float(x)
float(f"{x!r}")
complex(x).real
operator.index(x) * x
cmath.exp(x).real
range(x)
[1.0, 2.0, 3.0, 4.0][x]
np.zeros(4)[x]
np.float64(x)
np.float32(x)
np.int64(x)
np.complex128(x).real
decimal.Decimal(x)
fractions.Fraction(x)
ctypes.c_double(x).value
array.array("d", [x])[0]
struct.unpack("d", struct.pack("d", x))[0]
statistics.fmean([x, x])
statistics.mean([x, x])
statistics.stdev([x, 3.0])
datetime.timedelta(seconds=x).total_seconds()
json.loads(json.dumps(x))
float("%f" % x)
"""

FILLED = """
filled(lambda r: r.__setitem__(0, x))
filled(lambda r: r.__setitem__(slice(None), x))
filled(lambda r: r.__setitem__([0, 1], x))
filled(lambda r: r.__setitem__(0, x**2))
filled(lambda r: r.fill(x))
filled(lambda r: r.flat.__setitem__(0, x))
filled(lambda r: r.put(0, x))
filled(lambda r: np.put(r, [0], [x]))
filled(lambda r: np.copyto(r, x))
filled(lambda r: np.place(r, r == 0, [x]))
filled(lambda r: np.putmask(r, r == 0, x))
filled(lambda r: np.fill_diagonal(np.diag(r), x))
filled(lambda r: np.add.at(r, [0], x))
filled(lambda r: np.add(r, x, out=r))
filled(lambda r: operator.iadd(r, x))
filled(lambda r: operator.imul(r, x))
np.asarray(x, dtype=float).sum()
np.array([x, x], dtype=float).sum()
np.array([x, x]).astype(float).sum()
np.fromiter([x, x], float).sum()
np.full(3, x, dtype=float).sum()
np.full(3, x).sum()
np.insert(np.zeros(2), 0, x).sum()
np.append(np.zeros(2), x).sum()
np.vectorize(lambda v: v * x, otypes=[float])(np.ones(2)).sum()
np.apply_along_axis(lambda v: v * x, 0, np.ones(2)).sum()
"""

NUMPY = """
np.sum([x, x])
np.array([x, x]).sum()
np.array(x)[()]
np.stack([x, x]).sum()
np.linspace(0, x, 5).sum()
np.arange(0, x).sum()
np.interp(x, [0.0, 3.0], [0.0, 9.0])
np.polyval([1.0, 0.0, 0.0], x)
np.nan_to_num(x)
np.ldexp(x, 1)
np.modf(x + 0.3)[0]
np.angle(x)
np.heaviside(x, 0.5)
np.prod([x, x])
np.dot([x, x], [1.0, 2.0])
np.outer([x, 1.0], [1.0, 2.0]).sum()
np.linalg.norm([x, 1.0])
np.linalg.det([[x, 1.0], [0.0, 1.0]])
np.fft.fft([x, 1.0])[0].real
np.piecewise(np.array([1.0]), [True], [x]).sum()
np.select([True], [x])
np.choose(0, [x, 1.0])
np.unique([x, 1.0]).sum()
np.sort([x, 1.0])[1]
np.ones(3).dot(x).sum()
np.histogram([x, 1.0])[0].sum() * x
np.convolve([x, 1.0], [1.0, 1.0]).sum()
np.random.default_rng(0).normal(x, 1.0)
np.ma.getdata(x)
np.ma.array([1.0, 2.0], mask=[0, 1]).sum() * x
(np.ma.array([1.0, 2.0], mask=[0, 1]) * x).sum()
(x * np.ma.array([1.0, 2.0], mask=[0, 1])).sum()
np.ma.masked_array([x, x]).sum()
"""

KEPT = """
math.floor(x + 0.3) * x
math.ceil(x + 0.3) * x
math.trunc(x + 0.3) * x
round(x + 0.3) * x
round(x, 1) * x
(x + 0.3) // 1 * x
(x + 0.3) % x
divmod(x + 0.3, x)[1]
sum([x, x])
max(x, 1.0)
sorted([x, 1.0])[1]
abs(x)
pow(x, 2)
x if f"{x:.3f}" == "2.000" else 0.0
x if repr(x) else 0.0
x * np.isclose(x, 2.0)
x * (np.searchsorted([1.0, 3.0], x) > 0)
np.where(np.array([True, False]), x, 0.0).sum()
np.multiply(np.ones(3), x).sum()
random.Random(0).uniform(0, x) + x
"""
