"""Are the mutants well made, and are those that need no network noticed? `mutants.py` tries all of them."""

import pytest

from infra.local.state import ROOT
from tests.treasury.mutants import MUTANTS, Mutant, is_green

QUICK = [each for each in MUTANTS if "test_requests" in each.test or "test_decisions" in each.test]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_changes_one_place_and_names_a_test_that_is_there(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text().count(mutant.before) == 1
    file, _, name = mutant.test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text() if name else (ROOT / file).exists()


@pytest.mark.parametrize("mutant", QUICK, ids=lambda mutant: mutant.name)
def test_it_turns_its_test_red(mutant: Mutant) -> None:
    assert not is_green(mutant, changed=True)
