"""Does the table say something about everything that can be seen, and the right thing in each of its rows?"""

from itertools import product

import pytest

from chalicelib.settlement.decisions import TABLE, Action, Seen, decide, row_of
from chalicelib.settlement.outlook import Verdict
from chalicelib.settlement.publishing import Step

EVERYTHING = [Seen(*each) for each in product(Verdict, Step, (True, False), (True, False))]

# One for each row, in its order: what is seen, what is done, and the words of the dossier for it.
CASES = [
    (Seen(Verdict.LANDED, Step.EXPIRED, False, False), Action.POST),
    (Seen(Verdict.RIVAL, Step.EXPIRED, False, False), Action.COMPARE),
    (Seen(Verdict.FINISH, Step.RENEW, False, False), Action.FINISH),
    (Seen(Verdict.FINISH, Step.EXPIRED, False, True), Action.SIGN_ANEW),
    (Seen(Verdict.FINISH, Step.EXPIRED, True, False), Action.WAIT),
    (Seen(Verdict.PENDING, Step.PERMANENT, False, False), Action.GO_ON),
    (Seen(Verdict.PENDING, Step.TEMPORARY, True, False), Action.GO_ON),
    (Seen(Verdict.PENDING, Step.EXPIRED, False, True), Action.WAIT),
    (Seen(Verdict.SILENT, Step.PUBLISH, False, False), Action.GO_ON),
    (Seen(Verdict.SILENT, Step.TEMPORARY, True, False), Action.GO_ON),
    (Seen(Verdict.SILENT, Step.EXPIRED, False, True), Action.SIGN_ANEW),
    (Seen(Verdict.SILENT, Step.EXPIRED, False, False), Action.WAIT),
    (Seen(Verdict.NOTHING, Step.PUBLISH, False, False), Action.GO_ON),
    (Seen(Verdict.NOTHING, Step.TEMPORARY, True, True), Action.GO_ON),
    (Seen(Verdict.NOTHING, Step.TEMPORARY, False, True), Action.SIGN_ANEW),
    (Seen(Verdict.NOTHING, Step.EXPIRED, False, False), Action.WAIT),
]


@pytest.mark.parametrize(
    ("row", "case"), list(zip(TABLE, CASES, strict=True)), ids=lambda each: str(each)[:60]
)
def test_every_row_has_its_case(row: object, case: tuple[Seen, Action]) -> None:
    seen, action = case
    assert row_of(seen) is row
    assert decide(seen) is action


def test_there_is_a_row_for_everything_that_can_be_seen() -> None:
    assert {row_of(seen) for seen in EVERYTHING} == set(TABLE), "and none that is never reached"


@pytest.mark.parametrize("seen", [seen for seen in EVERYTHING if not seen.anew])
def test_nothing_is_signed_anew_while_others_may_be_bound(seen: Seen) -> None:
    assert decide(seen) is not Action.SIGN_ANEW


@pytest.mark.parametrize("seen", [s for s in EVERYTHING if s.verdict in (Verdict.LANDED, Verdict.RIVAL)])
def test_what_was_proven_is_never_asked_for_again(seen: Seen) -> None:
    assert decide(seen) in (Action.POST, Action.COMPARE)


@pytest.mark.parametrize("seen", [s for s in EVERYTHING if s.step is Step.EXPIRED])
def test_expired_votes_are_never_gone_on_with(seen: Seen) -> None:
    assert decide(seen) not in (Action.GO_ON, Action.FINISH)
