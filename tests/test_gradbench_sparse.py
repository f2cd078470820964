"""GradBench's ba and ht: Jacobians of many small functions, and of few inputs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from gradbench_checks import checksums, close, inputs, output

# ---------------------------------------------------------------- ba

ROWS_OF_BA1 = [
    -461.4463210015993, 178.8679280144455, -19.423916472206248, -3.0615983420410315,
    6.392457556226442, -3.340282281299017, 0.26476024920703156, 0.417022, 0,
    243.62824566083003, 676.4867782658688, 3.0615983420410315, -6.392457556226442,
    3.340282281299017, 0.24299878163378708,
    -803.7436233648792, -309.5954175234488, 604.7802846625028, -15.049628170340545,
    6.248486312079824, 3.2194799516049235, 0.8381960857313306, 0, 0.417022,
    771.2949451366334, 2141.6680611599554, 15.049628170340545, -6.248486312079824,
    -3.2194799516049235, -0.16538160078960118,
]  # fmt: skip


def test_ba1() -> None:
    given = inputs.ba(1)
    n, m, p = given["n"], given["m"], given["p"]
    assert (n, m, p) == (49, 7776, 31843)
    found = output("ba", "objective", given)
    assert found["reproj_error"]["repeated"] == found["w_err"]["repeated"] == p
    close(found["reproj_error"]["elements"], [0.10133583791450886, -0.06896776592424401])
    close(found["w_err"]["element"], 0.826092651516)
    found = output("ba", "jacobian", given)
    close(found["vals"], [*ROWS_OF_BA1, -0.834044])
    columns = [*range(11), 539, 540, 541, 23867]
    assert found["cols"] == [*columns, *columns, 55709]
    assert found["rows"] == [*range(0, 436, 15), 987133]


BUNDLE: dict[str, Any] = {
    "n": 2, "m": 3, "p": 12,
    "cam": [0.3, -0.2, 0.1, 0.1, -0.2, 0.3, 400.0, 5.0, -6.0, 0.01, -0.002],
    "x": [1.0, 2.0, 5.0], "w": 0.5, "feat": [80.0, 190.0],
}  # fmt: skip


def test_ba_of_few() -> None:
    found = output("ba", "objective", BUNDLE)
    close(found["reproj_error"]["elements"], [-47.13374258160696, -70.02092346556795])
    close(found["w_err"]["element"], 0.75)
    found = output("ba", "jacobian", BUNDLE)
    expected = [
        6.377243224452851, 193.06117752188698, -57.89813420309737, -37.836198478446626,
        4.370268648117932, 5.199571830796278, -0.024084356454017387, 0.5, 0, -0.2107539373463494,
        -0.004611592878950202, 37.836198478446626, -4.370268648117932, -5.199571830796278,
        -94.2674851632139,
        -203.4019911059727, 9.361111327099227, 9.935510349720454, -1.4788227130349512,
        -34.99081356681633, 16.661857508239873, 0.06994769133608016, 0, 0.5, 0.6120882401616767,
        0.013393352480907486, 1.4788227130349512, 34.99081356681633, -16.661857508239873,
        -140.04184693113586,
    ]  # fmt: skip
    close(found["vals"], [*expected, -1.0])
    columns = [*range(11), 22, 23, 24, 31]
    assert found["cols"] == [*columns, *columns, 42]
    assert found["rows"] == [*range(0, 361, 15), *range(361, 366), 372]


def test_ba_without_rotation() -> None:
    given = BUNDLE | {"cam": [0.0, 0.0, 0.0, *BUNDLE["cam"][3:]]}
    found = output("ba", "objective", given)
    close(found["reproj_error"]["elements"], [0.8908166790829739, -4.155781451130508])
    values = output("ba", "jacobian", given)["vals"]
    close(
        [*values[:3], *values[15:18]],
        [
            -18.374342422786942, 208.0021524364522, -93.84421854886949,
            -245.40043524646805, 18.37434242278694, 38.390816679082974,
        ],
    )  # fmt: skip
    close(
        [*values[3:6], *values[18:21]],
        [
            -42.684477190296974, -0.06847918864874177, 8.20567738006266,
            -0.06847918864874175, -42.82385654901134, 20.058322484597614,
        ],
    )  # fmt: skip


@pytest.mark.parametrize("p", [10, 1999, 2000, 2001])
def test_ba_whatever_is_left_for_the_last_block(p: int) -> None:
    """All observations are the same here, so all rows are."""
    from benchmarks.gradbench.problems.ba import Scene

    rows, columns, values = Scene(BUNDLE | {"p": p}).jacobian()
    assert rows[-1] == len(columns) == len(values) == 31 * p
    blocks = values[: 30 * p].reshape(p, 30)
    assert np.array_equal(blocks, np.tile(blocks[0], (p, 1)))
    assert np.array_equal(values[30 * p :], np.full(p, -1.0))
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.csr_array((values, columns, rows), shape=(3 * p, 2 * 11 + 3 * 3 + p))
    assert matrix[2 * (p - 1), 11 * ((p - 1) % 2)] == values[0]
    assert matrix[3 * p - 1, 2 * 11 + 3 * 3 + p - 1] == -1.0


# ---------------------------------------------------------------- ht

NORMS = [
    0.9275036311006081, 0.4006941962379492, 0.8954832173138324, 10, 10, 10,
    0.1313387177945857, 0.06412818892031673, 0.12774357066890746, 0.035088567404557604,
    0.20401926709231807, 0.15893238940936438, 0.1055176878545943, 0.035398904038163634,
    0.19883662355473988, 0.17851573024103895, 0.15865861907860848, 0.06867888312092725,
    0.14536603115586758, 0.07290141078972445, 0.0754100142726848, 0.03972285452900407,
    0.1336535449247589, 0.10999651867509283, 0.06491426765345965, 0.022449074637994948,
]  # fmt: skip


def test_simple_hands() -> None:
    given = inputs.ht(1, complicated=False)
    first = [0.19224339453588057, 0.08247191593189719, -0.23651946654753214]
    checksums(
        output("ht", "objective", given),
        *(300, -1.1249345934313293, 1.7676933752602266, *first),
        last=0.1366964712726335,
    )
    found = np.array(output("ht", "jacobian", given))
    assert found.shape == (300, 26)
    checksums(found, 7800, -313.17422824371766, 17.381328354735807)
    close(np.sqrt(np.sum(found**2, axis=0)), NORMS)
    row = np.zeros(26)
    row[:4] = -0.10145939309874454, -0.027874152809323136, 0.04512952859146418, -1.0
    row[14:18] = (
        -0.030064094896222995, -0.023404544336668068, -0.020663060718826596, -0.0022723000778388804,
    )  # fmt: skip
    close(found[0], row)

    given = inputs.ht(2, complicated=False)
    first = [-0.043438224869603026, -0.05375508427637182, 0.0006766361621464156]
    checksums(
        output("ht", "objective", given),
        *(576, -2.6921041947881292, 2.414873940284845, *first),
        last=-0.09467245747522313,
    )
    sums = 14976, -565.9883940379884, 24.115186528932046
    checksums(output("ht", "jacobian", given), *sums)


def test_complicated_hands() -> None:
    given = inputs.ht(1, complicated=True)
    first = [-0.10689429462879463, -0.010055240144601019, 0.00215333875426138]
    checksums(
        output("ht", "objective", given),
        *(300, 0.8377987312408902, 1.7963894653914088, *first),
        last=-0.10957046979186313,
    )
    found = np.array(output("ht", "jacobian", given))
    assert found.shape == (300, 28)
    checksums(found, 8400, -309.2251216780237, 17.383422192082136)
    row = np.zeros(28)
    row[:6] = (
        0.0003384704187742449, 0.002843189513819039,
        0.001451807335067095, 0.0014029332967326813, -0.0610530377735761, -1.0,
    )  # fmt: skip
    row[20:22] = 0.029453111796884843, 0.01674772108472753
    row[22:24] = 0.032823116281565645, 0.016926857098967636
    close(found[0], row)
    norms = [
        0.21720329136864736, 0.25006550626811763,
        0.42755305060314963, 0.7687269801556379, 1.0213201657482764,
    ]  # fmt: skip
    close(np.sqrt(np.sum(found**2, axis=0))[:5], norms)

    given = inputs.ht(2, complicated=True)
    first = [-0.03648589272086333, 0.10634466817562072, -0.09577200346251824]
    checksums(
        output("ht", "objective", given),
        *(576, 2.4374437595855794, 2.37710578076097, *first),
        last=-0.046002231570048346,
    )
    sums = 16128, -569.3419080893293, 24.08131388818326
    checksums(output("ht", "jacobian", given), *sums)


def test_a_hand_that_does_not_turn() -> None:
    """Where the rotation is taken as the identity, the derivative by its vector is 0."""
    given = inputs.ht(1, complicated=False)
    given["theta"] = [0.0] * 3 + given["theta"][3:]
    found = np.array(output("ht", "jacobian", given))
    assert not found[:, :3].any()
    assert np.isfinite(found).all()
    assert math.isclose(np.linalg.norm(found[:, 3]), 10.0)


def test_files_that_are_not_there_say_where_they_are_looked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("GRADBENCH_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=f"ba99.*{tmp_path.name}.*GRADBENCH_DATA"):
        inputs.ba(99)
    (tmp_path / "ba").mkdir()
    (tmp_path / "ba" / "ba99_n1_m2_p10.txt").write_text("1 2 10\n1 2\n3 4 5\n6\n7 8\n")
    assert inputs.ba(99) == {
        "n": 1, "m": 2, "p": 10,
        "cam": [1.0, 2.0], "x": [3.0, 4.0, 5.0], "w": 6.0, "feat": [7.0, 8.0],
    }  # fmt: skip
