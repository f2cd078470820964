"""Every rule of the table, broken in every usual way, is noticed by `gradient_property`.

Here by its listed points alone, which is fast; `python -m benchmarks.mutation` makes the whole
table, with torch's gradcheck and JAX's check_grads beside it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, settings

from autograd_lite import PRIMITIVES
from autograd_lite.testing import check_gradient
from autograd_lite.testing.calls import can_be_drawn

ROOT = Path(__file__).parent.parent.parent
sys.path.append(str(ROOT))  # the benchmarks are no part of the package

from benchmarks import mutation  # noqa: E402
from benchmarks.mutants import WAYS, Mutant, is_equivalent, mutants  # noqa: E402

LISTED = settings(mutation.SEARCH, phases=[Phase.explicit])
CONSTANT = {"sign", "step", "equal", "heaviside", "copysign", "nextafter", "imag"}
"""Their derivative is 0, and most of what can be done to it leaves it 0."""


@pytest.mark.parametrize("name", [p.name for p in PRIMITIVES.values() if can_be_drawn(p)])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # a broken rule may divide by 0
def test_every_mutant_is_noticed(name):
    broken = [mutant for mutant in mutants(PRIMITIVES[name]) if not is_equivalent(mutant)]
    assert [m.name for m in broken if mutation.passes_property(m, LISTED)] == []
    for i in {mutant.operand for mutant in broken}:
        ways = [m.way for m in broken if m.operand == i]
        assert len(ways) >= (1 if name in CONSTANT else 8)
    assert mutation.passes_property(Mutant(PRIMITIVES[name], 0, "unbroken"), LISTED)


def test_equivalent_mutants_change_nothing():
    """Their gradients are right where those of all others are wrong somewhere."""
    equal = [m for m in mutants(PRIMITIVES["add"]) if is_equivalent(m)]
    assert [m.name for m in equal] == ["add by x: wrong operand", "add by y: wrong operand"]
    x, y = np.ones((2, 3)), np.ones(3)
    for mutant in equal:
        broken = mutant.broken()
        from autograd_lite.engine.apply import apply

        check_gradient(lambda x, y, p=broken: apply(p, (x, y), {}), x, y)


def test_the_table_counts(capsys):
    assert mutation.main(["--only", "exp", "--no-peers"]) == 0
    printed = capsys.readouterr().out
    assert f"| sign | 1 | all | all |" in printed  # noqa: F541
    assert "not noticed by gradient_property: 0" in printed
    assert "exp by x: not summed" in printed  # an equivalent one, by name
    assert len(WAYS) == 15
