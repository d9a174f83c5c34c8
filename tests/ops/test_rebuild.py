"""Does an operator learn what is torn, and does --yes mend it and nothing else?"""

import pytest

from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SETTLEMENT, stops_of
from chalicelib.flows.plan import Delete, Update
from chalicelib.flows.schema import Key
from chalicelib.flows.upkeep.stranded import Stranded
from chalicelib.ids import UserId
from infra import ops
from tests.flows.world import KTA, World
from tests.ops.saying import everything, said, told

YES = ("rebuild", "--by", "kim", "--reason", "restored to 12:30", "--yes")
ANN = UserId("ann")


@pytest.fixture
def store(desk: World) -> World:
    """A wallet without its last step, and a ledger without a fill."""
    desk.fund("ann", "ben")
    desk.place("ann", "sell", 1_000, 10_000)
    desk.place("ben", "buy", 400, 10_000)
    desk.settle()
    page = desk.store.page(Key(schema.ACCOUNTS, ANN, schema.ENTRY_PREFIX), "L#~", 50)
    (fill,) = (item for item in page.items if item["kind"] == "fill")
    desk.store.commit((Delete(Key(schema.ACCOUNTS, ANN, str(fill["sk"]))),))
    desk.store.commit((Update(schema.wallet(ANN), add={"a_USDT": -7}),))
    return desk


def test_what_differs_is_told_and_nothing_is_written(
    store: World, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(store)
    answer = told(capsys, "rebuild", code=1)
    assert answer["ok"] is False
    assert {each["check"] for each in answer["differences"]} == {"wallets", "entries"}
    assert "nothing was done; --yes mends it" in said(capsys, "rebuild", code=1)
    assert everything(store) == before


def test_yes_mends_it_and_stops_payments_until_the_chain_was_read(
    store: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "payments are stopped" in said(capsys, *YES)
    assert stops_of(store.store.get(table.lease(SETTLEMENT))) == {"ALL"}
    assert store.audit().differences == []
    assert said(capsys, "rebuild") == "nothing differs\n"
    before = everything(store)
    assert said(capsys, *YES) == "nothing differs\n"
    assert everything(store) == before, "there is nothing to do, so nothing is done"
    (record,) = told(capsys, "actions")["actions"]
    assert (record["command"], record["state"], record["reason"]) == ("rebuild", "done", "restored to 12:30")


def test_what_is_only_under_way_is_no_difference(store: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert ops.main(list(YES)) == 0
    store.store.commit((Update(schema.wallet(ANN), add={"a_USDT": -7}),))
    store.timer.meanwhile = lambda: store.store.commit((Update(schema.wallet(ANN), add={"a_USDT": 7}),))
    capsys.readouterr()
    assert said(capsys, "rebuild") == "nothing differs\n"


def test_what_no_journal_explains_is_left_to_a_person(
    store: World, capsys: pytest.CaptureFixture[str]
) -> None:
    store.store.commit((Update(schema.deposit_address(UserId("ben")), set={"address": "one"}),))
    store.store.commit((Update(schema.deposit_address(ANN), set={"address": "one"}),))
    assert "a person has to look at" in said(capsys, *YES, code=1)
    assert "one owner" in said(capsys, "rebuild", code=1)


def test_a_journal_with_a_hole_is_not_guessed_at(store: World, capsys: pytest.CaptureFixture[str]) -> None:
    store.place("ann", "sell", 100, 11_000)
    store.settle()
    store.store.commit((Delete(schema.journal_entry(KTA.id, 1)),))
    assert ops.main(["rebuild"]) == 2
    assert "book_corrupt" in capsys.readouterr().err


def test_what_could_not_be_ended_is_listed(store: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "stranded") == "nothing is stranded\n"
    (order_id,) = (each.id for each in store.records() if each.user == ANN)
    store.store.commit((Stranded(ANN, order_id, "", 1_800_000_000_000).put(KTA.id),))
    assert order_id in said(capsys, "stranded", code=1)
    (told_of,) = told(capsys, "stranded", code=1)["stranded"]
    assert (told_of["market"], told_of["since"]) == ("KTA/USDT", "2027-01-15T08:00:00.000Z")


def test_also_what_a_delisted_market_left_behind(store: World, capsys: pytest.CaptureFixture[str]) -> None:
    (order_id,) = (each.id for each in store.records() if each.user == ANN)
    store.store.commit((Stranded(ANN, order_id, "", 1).put(KTA.id),))
    vars(store.house)["markets"] = {}
    assert order_id in said(capsys, "stranded", code=1)
