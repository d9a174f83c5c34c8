"""What if a stranger has votes for ever for our blocks, with a fee block of his own, before we ask for ours?

Two of four are half: with the other half for a round of ours neither could land, and every account in it
would be frozen for good.
"""

import pytest

from chalicelib.adapters.keeta_node import promises
from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Purpose
from chalicelib.keeta.operations import Send
from chalicelib.keeta.signature import PrivateKey
from chalicelib.settlement.publishing import Publishing
from tests.keeta_node.world import new_key
from tests.treasury.test_faults import Asked
from tests.treasury.world import House


def votes_for_him(house: House, known: Publishing, rich: PrivateKey, number: int) -> None:
    """His round: our blocks, and a fee block that pays their votes, or a needless one when they are free."""
    if known.fees:
        known = house.outside.step(known, rich)
        blocks = known.all_blocks
    else:
        needless = Send(rich.account, 1, house.outside.token("KTA"))
        blocks = (*known.blocks, house.outside.block(rich.account, rich, needless, purpose=Purpose.FEE))
    nodes = list(house.outside.representatives.nodes.items())
    for who, node in nodes[-number:]:
        promises.permanent(node, who, blocks, known.temporary, house.outside.now)


def racing(house: House, number: int) -> None:
    """He is faster, once: our temporary votes are public as soon as they are given."""
    rich, chain = new_key(), house.treasury.chain
    house.outside.fund([rich.account], 1_000_000, house.outside.token("KTA"))
    ask = chain.ask_temporary

    def raced(known):
        known = ask(known)
        chain.ask_temporary = ask
        votes_for_him(house, known, rich, number)
        return known

    chain.ask_temporary = raced


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("fee", [None, 40])
def test_the_round_of_a_stranger_who_was_faster_is_finished(house: House, number: int, fee) -> None:
    asked = Asked(house)
    treasury = Account.from_address(house.own("treasury"))
    house.outside.fund([treasury], 1_000_000, house.outside.token("KTA"))
    house.follow()
    racing(house, number)
    house.controls.fee(fee)
    house.pay_out()
    house.controls.fee(None)
    asked.settled()
    assert house.total("KTA").expense == 0, "he has paid for it"
    assert house.notebook.alarms == []
