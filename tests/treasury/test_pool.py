"""Do addresses come to be whatever happens to the blocks that make them?"""

from chalicelib.flows.custody import table
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Send
from tests.treasury.test_faults import Asked
from tests.treasury.test_proof import MINUTE, before_votes


def test_a_pool_that_lands_in_parts_gives_nobody_an_address_that_takes_nothing(new_house) -> None:
    house = new_house()
    before_votes(house, lambda blocks: house.outside.settle(blocks[0], *blocks[3:4]))
    house.fill()
    house.fill()
    for item in house.store.page(table.free_address("0"), "~", 20).items:
        to = Account.from_address(str(item["sk"]))
        house.outside.fund([to], 1, house.outside.token("USDT"))
    assert len(house.addresses()) == 3 + 3 + 1
    assert all(map(house.own, ("house", "treasury", "vault")))
    asked = Asked(house)
    house.pay_out()
    asked.settled()


def test_a_payer_whose_coins_came_before_anybody_looked_holds_up_nothing(new_house) -> None:
    house = new_house()
    owner = house.key("owner").account
    house.outside.fund([owner], 1_000_000, house.outside.token("KTA"))
    house.shift(25 * MINUTE)
    house.controls.fee(40)
    assert house.fill() > 0
    house.controls.fee(None)
    assert house.reconcile().clean, "what is missing in the books is found in its history"
    assert house.differences() == []


def test_a_pool_that_another_block_of_the_owner_overtook_begins_anew(new_house) -> None:
    house = new_house()
    owner = house.key("owner")
    coin = house.outside.token("KTA")
    house.outside.fund([owner.account], 100, coin)
    before_votes(
        house,
        lambda _: house.outside.settle(
            house.outside.block(owner.account, owner, Send(owner.account, 1, coin))
        ),
    )
    assert house.fill() == 0
    assert "pool_overtaken" in house.notebook.alarmed
    assert house.fill() > 0
