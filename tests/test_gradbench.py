"""GradBench's problems: the numbers of its C++ reference, of PyTorch or of JAX.

To rtol 1e-12; in elements that are near 0, to atol 1e-12. nan is never right.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from gradbench_checks import PROBLEMS, checksums, close, inputs, optimiser, output, particle

from benchmarks import peers
from benchmarks.gradbench import timing


def test_each_problem_is_there() -> None:
    names = "hello llsq lse ode det kmeans particle saddle gmm lstm ba ht"
    assert list(PROBLEMS) == names.split()


def test_nan_is_never_right() -> None:
    for wrong in ([1.0, math.nan], [1.0, 2.0 + 1e-11], [1.0]):
        with pytest.raises(AssertionError):
            close(wrong, [1.0, 2.0])
    with pytest.raises(AssertionError):
        checksums([math.nan], 1, math.nan)


# ---------------------------------------------------------------- small programs


def test_hello() -> None:
    x = 1.0
    found = []
    for _ in range(4):
        for function in ("square", "double"):
            x = output("hello", function, x)
            found.append(x)
    assert found == [1, 2, 4, 8, 64, 128, 16384, 32768]


@pytest.mark.parametrize(
    ("n", "value", "gradient"),
    [
        (4, 13.841049382716049, [6.444444444444445, -5.444444444444445, 5.160493827160494]),
        (5, 15.078125, [7.5, -6.125, 5.5]),
    ],
)
def test_llsq(n: int, value: float, gradient: list[float]) -> None:
    given = {"x": [0.5, -1.25, 2.0], "n": n}
    close(output("llsq", "primal", given), value)
    close(output("llsq", "gradient", given), gradient)


def test_llsq_of_many() -> None:
    draw = inputs.generator()
    given = inputs.llsq(16, draw=draw)
    assert given["x"][:2] == [0.7218521074240813, 0.9664407992811007]
    close(output("llsq", "primal", given), 1970.5168637678755)
    first = [75.42893129363709, 64.46502277451745, 66.70357820341492]
    checksums(
        output("llsq", "gradient", given),
        *(128, 8045.989044528458, 711.4628545731049, *first),
        last=63.91490092985135,
    )
    given = inputs.llsq(32, draw=draw)
    assert given["x"][0] == 0.11600087213006949
    close(output("llsq", "primal", given), 2120.7515226290475)
    first = [91.17581502783187, 67.74350025139445, 82.44741087076721]
    checksums(
        output("llsq", "gradient", given),
        *(128, 8403.912481032745, 744.4780521197567, *first),
        last=61.58775477725259,
    )


@pytest.mark.parametrize(
    ("x", "value", "gradient"),
    [
        (
            [0.1, -0.3, 2.0],
            2.223005512143593,
            [0.11967141358067955, 0.08021814746055116, 0.8001104389587692],
        ),
        (
            [1000.0, 1001.0, 1002.5],
            1002.7663678998072,
            [0.0628900132458675, 0.17095278019779026, 0.7661572065563422],
        ),
        ([-3.0, -3.0], -2.3068528194400546, [0.5, 0.5]),
    ],
)
def test_lse(x: list[float], value: float, gradient: list[float]) -> None:
    close(output("lse", "primal", {"x": x}), value)
    close(output("lse", "gradient", {"x": x}), gradient)


def test_lse_of_many() -> None:
    given = inputs.lse(2500)
    close(output("lse", "primal", given), 8.36784652657709)
    first = [0.0004779547863593653, 0.0006103941100944994, 0.000310043651920869]
    checksums(
        output("lse", "gradient", given),
        *(2500, 1.0, 0.020802438229665442, *first),
        last=0.0005717558631251381,
    )


SIX = [0.9, 1.1, 0.8, 1.2, 0.7, 1.3]


@pytest.mark.parametrize(
    ("x", "s", "y", "gradient"),
    [
        ([2.0], 1, [4.0], [2.0]),
        ([0.5, 1.5, -0.7], 2, [1.0, 1.5, -0.7], [-1.4, -0.4666666666666667, 1.0]),
        (
            SIX,
            3,
            [
                1.8, 1.98, 1.056, 0.6335999999999999, 0.17521777777777772, 0.07276404938271604,
            ],
            [
                0.08084894375857335, 0.06614913580246912, 0.09095506172839503,
                0.060636707818930026, 0.10394864197530862, 0.055972345679012325,
            ],
        ),
    ],
)  # fmt: skip
def test_ode(x: list[float], s: int, y: list[float], gradient: list[float]) -> None:
    close(output("ode", "primal", {"x": x, "s": s}), y)
    close(output("ode", "gradient", {"x": x, "s": s}), gradient)


def test_ode_of_many() -> None:
    draw = inputs.generator()
    given = inputs.ode(1000, 1, draw)
    y = output("ode", "primal", given)
    close(y[:4], [1.4437042148481627, 1.3952546553233522, 0.2688647059316496, 0.023034476432477417])
    assert not any(y[4:])
    assert sum(y) == pytest.approx(3.130858052535642, rel=1e-12)
    given = inputs.ode(1000, 10, draw)
    assert given["x"][0] == 0.8288074846696151
    y = output("ode", "primal", given)
    assert np.count_nonzero(y) == 40
    first = [
        1.6576149693392301, 1.165473872528714, 0.5082777803905257,
        0.07689527712594522, 0.00681768633159323, 0.0008777482259213535,
    ]  # fmt: skip
    checksums(y, 1000, 3.416025743136253, 2.0905317922632896, *first)
    assert output("ode", "gradient", given) == [0.0] * 1000


@pytest.mark.parametrize(
    ("A", "value", "gradient"),
    [
        ([1.0, 2.0, 3.0, 4.0], -2.0, [4.0, -3.0, -2.0, 1.0]),
        (
            [2.0, -1.0, 0.5, 1.0, 3.0, -2.0, 0.25, 1.5, 4.0],
            34.875,
            [15.0, -4.5, 0.75, 4.75, 7.875, -3.25, 0.5, 4.5, 7.0],
        ),
    ],
)
def test_det(A: list[float], value: float, gradient: list[float]) -> None:
    given = {"A": A, "ell": math.isqrt(len(A))}
    close(output("det", "primal", given), value)
    close(output("det", "gradient", given), gradient)


def test_det_of_more() -> None:
    draw = inputs.generator()
    for ell, value, sums, last in (
        (
            5,
            0.004911350094511802,
            (25, 0.012848686191006958, 0.19442089284711053, 0.017646206413153377,
             0.004053669904135026, 0.008596482175427994),
            0.07963666418758741,
        ),
        (
            6,
            0.11967390371370941,
            (36, 0.19098453102627966, 0.6952834035180501, -0.014356633043868418,
             0.18049999666641445, -0.027234730739829616),
            0.09075843060830419,
        ),
        (
            7,
            0.028382303993944875,
            (49, 0.05121979901080075, 0.22202855212095715, -0.022963348744659447,
             0.04846366104819631, -0.03185298215833416),
            0.03106200103952677,
        ),
    ):  # fmt: skip
        given = inputs.det(ell, draw)
        close(output("det", "primal", given), value)
        checksums(output("det", "gradient", given), *sums, last=last)


def test_kmeans() -> None:
    points = [[0.0, 0.0], [1.0, 0.0], [4.0, 4.0], [5.0, 4.5], [4.5, 6.0]]
    given = {"points": points, "centroids": [[0.25, 0.5], [4.0, 5.0]]}
    close(output("kmeans", "cost", given), 4.625)
    close(output("kmeans", "dir", given), [[-0.25, 0.5], [-0.5, 0.16666666666666696]])


def test_kmeans_of_many() -> None:
    draw = inputs.generator()
    given = inputs.kmeans(10, 1000, 8, draw)
    close(output("kmeans", "cost", given), 609.3389875892321)
    first = [-0.019999361531221088, 0.0035058617800863834, 0.044244222208645656]
    checksums(
        output("kmeans", "dir", given),
        *(80, 0.42266043047590207, 1.2103997157514272, *first),
        last=0.14540277357383136,
    )
    given = inputs.kmeans(10, 1000, 16, draw)
    assert given["points"][0][0] == 0.651005748596333
    close(output("kmeans", "cost", given), 1560.72888958156)
    first = [-0.10119095913200754, 0.2621088322608815, -0.09467459768103381]
    checksums(
        output("kmeans", "dir", given),
        *(160, 3.6051223513162842, 2.2354061679326533, *first),
        last=0.1099241582699485,
    )


# ---------------------------------------------------------------- searches


def test_the_search_stops_where_it_should() -> None:
    """Rates double after ten steps that went well, and the last step, a short one, is not made."""
    asked: list[float] = []

    def f(x: list[float]) -> float:
        asked.append(x[0])
        return x[0] ** 2

    (found,) = optimiser.argmin(f, lambda x: [2.0 * x[0]], [1.0])
    assert 0 < found < 1e-5 / 2e-5
    assert asked[1] == 1.0 - 2e-5
    assert asked[12] == asked[11] - 2e-5 * (2.0 * asked[11]) * 1.0
    assert optimiser.argmin(f, lambda x: [2.0 * x[0]], [1e-6]) == [1e-6]


@pytest.mark.parametrize("name", ["rr", "rf", "fr", "ff"])
@pytest.mark.parametrize(
    ("w", "energy", "slope"),
    [
        (0.0, 3.199079002508194, -19.404636450028207),
        (0.2, 0.006913102590704205, -1.901981291488289),
        (0.2071918746486116, 7.81847282125939e-9, -0.0020614117600545783),
    ],
)
def test_energies_of_particle(name: str, w: float, energy: float, slope: float) -> None:
    outer, inner = name
    f = particle.missed_by(particle.FIELDS[inner])
    rtol = 1e-11 if w < 0.207 else 1e-9
    assert f([w]) == pytest.approx(energy, rel=rtol, abs=0.0)
    assert optimiser.MODES[outer](f)([w]) == [pytest.approx(slope, rel=rtol, abs=0.0)]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rr", "rf", "fr", "ff"])
def test_particle(name: str) -> None:
    close(output("particle", name, {"w": 0}), 0.2071918746486116, 1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rr", "rf", "fr", "ff"])
def test_saddle(name: str) -> None:
    close(output("saddle", name, {"start": [1.0, 1.0]}), [8.246324826140356e-06] * 4)


# ---------------------------------------------------------------- larger programs


MIXTURE: dict[str, Any] = {
    "d": 2, "k": 2, "n": 3, "m": 0, "gamma": 1.0,
    "x": [[0.5, -0.25], [1.0, 2.0], [-1.5, 0.75]],
    "alpha": [0.3, -0.2],
    "mu": [[0.1, 0.2], [-0.4, 0.6]],
    "q": [[0.1, -0.2], [0.3, 0.05]],
    "l": [[0.5], [-0.7]],
}  # fmt: skip
ALPHA = [-0.11118006280222192, 0.11118006280222231]
MU = [[0.13939986759045744, 0.3773561581684529], [0.33233588272685294, 0.5857678855763997]]


def test_gmm() -> None:
    close(output("gmm", "objective", MIXTURE), -17.39062578757713)
    q = [[-1.5642450894017434, -0.03618837428959443], [-4.034782845556719, -0.5544677454418304]]
    l = [[-1.4154298743128058], [0.999095892409918]]  # noqa: E741
    close(output("gmm", "jacobian", MIXTURE), {"alpha": ALPHA, "mu": MU, "q": q, "l": l})


def test_gmm_with_another_prior() -> None:
    given = MIXTURE | {"m": 2, "gamma": 1.5}
    close(output("gmm", "objective", given), -15.83922539053368)
    q = [[-1.0909985371019557, 1.1259115681658565], [-4.312431346044855, 0.06406860696360994]]
    l = [[-2.0404298743128058], [1.874095892409918]]  # noqa: E741
    close(output("gmm", "jacobian", given), {"alpha": ALPHA, "mu": MU, "q": q, "l": l})


def test_gmm_of_one() -> None:
    given = {
        "d": 3, "k": 1, "n": 2, "m": 1, "gamma": 0.8,
        "x": [[0.5, -0.25, 1.0], [1.0, 2.0, -0.5]],
        "alpha": [0.3],
        "mu": [[0.1, 0.2, -0.3]],
        "q": [[0.1, -0.2, 0.05]],
        "l": [[0.5, -0.7, 0.25]],
    }  # fmt: skip
    close(output("gmm", "objective", given), -20.313730286721192)
    expected = {
        "alpha": [0.0],
        "mu": [[2.0567380997263207, 1.5830816031522077, 0.6138353072079389]],
        "q": [[1.033541559362126, -0.3260677301566439, 0.879310241617044]],
        "l": [[-1.9839722844322938, 0.40956782723215185, 0.9808261860753428]],
    }
    close(output("gmm", "jacobian", given), expected)


def test_gmm_of_standard_sizes() -> None:
    given = inputs.gmm(2, 5)
    assert given["x"][0] == [1.215408162057621, -1.2955735712157117]
    close(output("gmm", "objective", given), -3916.464821054466)
    found = output("gmm", "jacobian", given)
    checksums(found["alpha"], 5, 0.0, 320.17970228951896, last=187.51364582179545)
    sums = 10, -1011.3391766120919, 647.4948412020218, -26.849251313373102
    checksums(found["mu"], *sums, last=129.06168605269266)
    sums = 10, 735.0012073901161, 444.93922106244537, 180.04410612854585
    checksums(found["q"], *sums, last=172.2680971617602)
    sums = 5, -279.2567366760801, 358.08333488300246, -166.23417117125595
    checksums(found["l"], *sums, last=185.95432261992974)

    given = inputs.gmm(10, 5)
    close(output("gmm", "objective", given), -42572.684975516015)
    found = output("gmm", "jacobian", given)
    checksums(found["alpha"], 5, 0.0, 473.56965849881095, last=-13.522882296425337)
    sums = 50, -29028.33074663811, 6780.225126233064, -1390.0400480151804
    checksums(found["mu"], *sums, last=-25.042630944500115)
    sums = 50, -16920.049657222815, 5779.726831222967, -2700.4697498336855
    checksums(found["q"], *sums, last=189.66801635125836)
    sums = 225, -9057.136961648477, 3510.650636892236, 96.16078882110493
    checksums(found["l"], *sums, last=130.2535634436851)


def test_lstm() -> None:
    given = {
        "main_params": [
            [0.1, -0.2, 0.3, 0.4, -0.5, 0.6, 0.7, -0.8],
            [0.05, 0.15, -0.25, 0.35, 0.45, -0.55, 0.65, 0.75],
        ],
        "extra_params": [[0.9, -1.1], [1.2, 0.8], [0.1, -0.3]],
        "state": [[0.2, -0.4], [0.5, 0.1]],
        "sequence": [[1, 0], [0, 1], [1, 1], [1, 0]],
    }
    close(output("lstm", "objective", given), 0.8947220147800482)
    expected = [
        -0.006353011524431555, 0.000887726842365841, -0.004830033552053033, 0.0027206021892855546,
        -0.009878155279818895, 0.006143783269595013, -0.006704896185971673, 0.0024528249915951495,
        -0.01417551669465208, -0.0017308682748416158, -0.01687084517438298, -0.008284617495788281,
        -0.018941101851721657, -0.016480810212069773, -0.02359677556850621, -0.011032692311732513,
        0.004781973874962545, -0.0031897496302580367, -0.03039160858583731, -0.031059752659201755,
        -0.09408007102705046, -0.20814945851549913,
    ]  # fmt: skip
    close(output("lstm", "jacobian", given), expected)


def test_lstm_on_the_sonnets() -> None:
    given = inputs.lstm(2, 128)
    assert np.shape(given["sequence"]) == (128, 14)
    assert np.sum(given["sequence"]) == 399
    assert given["state"][0][0] == 0.7218521074240813
    assert given["main_params"][0][0] == 0.5926773793578488
    assert given["extra_params"][0][0] == 0.32451490498692104
    close(output("lstm", "objective", given), 0.5949777941554094)
    found = output("lstm", "jacobian", given)
    first = [3.939583921789884e-07, 0.0, 0.0]
    checksums(
        found,
        *(266, -0.031634089044072215, 0.08347432659460191, *first),
        last=-0.013227769012298043,
    )
    assert math.hypot(*found[-42:]) == pytest.approx(0.08163768506421079, rel=1e-12)


@pytest.mark.slow
def test_lstm_of_standard_size() -> None:
    given = inputs.lstm(2, 1024)
    assert np.sum(given["sequence"]) == 3557
    close(output("lstm", "objective", given), 0.66337460035723)
    sums = 266, -0.02840815952877154, 0.09271323793393832, 3.7095320601449036e-07
    checksums(output("lstm", "jacobian", given), *sums, last=-0.01182056983523103)


# ---------------------------------------------------------------- beside other libraries


SMALL = {
    "llsq": inputs.llsq(8, 5),
    "lse": inputs.lse(9),
    "ode": {"x": SIX, "s": 3},
    "det": inputs.det(6),
    "kmeans": inputs.kmeans(3, 20, 2),
    "gmm": MIXTURE,
    "lstm": inputs.lstm(2, 5),
    "ba": inputs.ba(1) | {"n": 2, "m": 3, "p": 11},
    "ht": inputs.ht(1, complicated=True),
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of torch.func itself
@pytest.mark.parametrize("peer", ["torch", "JAX"])
@pytest.mark.parametrize("module", SMALL)
def test_other_libraries_agree(module: str, peer: str) -> None:
    if not peers.is_installed(peer):
        pytest.skip(f"{peer} is not installed (the extra bench)")
    runs = [timing.gradient(module, name, SMALL[module]) for name in (timing.OURS, peer)]
    timing.agree({name: timing.timed(run) for name, run in zip("ab", runs, strict=True)})
