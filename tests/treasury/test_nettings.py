"""Is everything netted, even if the settlement finds the lease taken each time?"""

from types import SimpleNamespace

import pytest

from chalicelib import handlers
from chalicelib.flows.custody.lease import SETTLEMENT
from chalicelib.flows.custody.nettings import DUE_MS, Nettings
from tests.flows.clock import ManualTimer
from tests.flows.memory import MemoryStore
from tests.treasury.world import VISIT_MS, House, trade


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return VISIT_MS + handlers.RESERVE_MS


@pytest.fixture
def house(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """With the functions of the schedule."""
    meter = SimpleNamespace(measure=lambda *_: None)
    parts = {"treasury": house.treasury, "timer": house.clock, "store": house.store}
    whole = SimpleNamespace(**parts, observer=house.notebook, meter=meter)
    monkeypatch.setattr(handlers, "exchange", lambda: whole)
    return house


def test_payouts_net_when_the_settlement_never_gets_the_lease(house: House) -> None:
    seller, buyer = house.rich(USDT=5_000_000), house.rich(KTA=10)
    trade(house, seller, buyer, "USDT", 2_000_000)
    handlers.pay_out(Context())
    lease = house.treasury.leases.take(SETTLEMENT)
    assert lease is not None
    handlers.settle(Context())
    house.treasury.leases.release(lease)
    handlers.pay_out(Context())
    assert house.chain(house.address(buyer)).get("USDT", 0) == 0, "it is not time yet"
    house.shift(DUE_MS)
    handlers.pay_out(Context())
    assert house.chain(house.address(buyer))["USDT"] == 2_000_000
    assert not house.treasury.nettings.is_due()
    assert house.differences() == []


def test_a_netting_that_found_the_lease_taken_was_none(house: House) -> None:
    handlers.settle(Context())
    before = house.treasury.nettings.last_ms()
    assert before, "one that had nothing to move is one"
    house.shift(5_000)
    assert house.treasury.leases.take(SETTLEMENT) is not None
    handlers.settle(Context())
    assert house.treasury.nettings.last_ms() == before


def test_time_counts_from_the_first_question_and_from_each_netting() -> None:
    store, timer = MemoryStore(), ManualTimer()
    nettings = Nettings(store, store, timer)
    assert not nettings.is_due()
    timer.advance(DUE_MS - 1)
    assert not nettings.is_due()
    timer.advance(1)
    assert nettings.is_due()
    nettings.done()
    assert not nettings.is_due()
