"""Can the operator key be changed or taken away, and does each key do only what is its own?"""

import pytest

from chalicelib.adapters.custody_keys import signer
from chalicelib.errors import ConditionFailed, Unavailable
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, SETTLEMENT, clear, freed
from chalicelib.flows.runs.run import read_run
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Adjust, ModifyPermissions, Send
from chalicelib.keeta.permissions import Flag, Permissions
from chalicelib.settlement.errors import NotEnough
from tests.keeta_node.world import new_key
from tests.treasury.test_faults import Asked
from tests.treasury.world import House

LATER_MS = 16 * 60_000


def test_the_operator_key_is_rotated_and_users_notice_nothing(house: House) -> None:
    asked = Asked(house)
    stolen = house.key("operator")
    old = stolen.account
    house.new_key("operator")
    new = signer(house.environment["CEX_OPERATOR_KEY"]).account
    done = house.treasury.grants.give(new, house.deadline_ms)
    assert (done.changed > 0, done.left) == (True, 0)
    house.restart()
    assert house.treasury.grants.take(old, house.deadline_ms).left == 0
    assert house.treasury.grants.take(old, house.deadline_ms).changed == 0, "said twice, done once"
    asked.settled()
    assert house.chain(house.address(asked.user)) == {"USDT": 1_500_000}
    home = Account.from_address(house.address(asked.user))
    out = Send(new_key().account, 1, house.outside.token("USDT"))
    with pytest.raises(NotEnough):
        house.outside.settle(house.outside.block(home, stolen, out))


def test_a_payment_that_the_old_key_began_is_finished_by_the_new_one(house: House) -> None:
    """Its votes expired as the key was switched, so it has to be signed anew, by whom there is now."""
    house.pay_out()  # from here on this process has the old key
    house.new_key("operator")
    new = signer(house.environment["CEX_OPERATOR_KEY"]).account
    assert house.treasury.grants.give(new, house.deadline_ms).left == 0
    asked = Asked(house)
    house.controls.fault("vote.permanent", "drop_request", times=100)
    house.pay_out()
    house.controls.reset()
    house.restart()
    house.shift(11 * 60_000)
    asked.settled()
    number = int(str((house.store.get(table.lease(SETTLEMENT)) or {})["last_run"]))
    closed = read_run(SETTLEMENT, house.store.get(table.run(SETTLEMENT, number)) or {})
    assert {block.body.signer for block in closed.known.blocks} == {new}


def test_the_operator_can_send_and_nothing_else(house: House) -> None:
    operator = house.key("operator")
    home = Account.from_address(house.address(house.rich(USDT=10)))
    mine = ModifyPermissions(new_key().account, Adjust.SET, Permissions.of(Flag.SEND_ON_BEHALF))
    with pytest.raises(NotEnough):
        house.outside.settle(house.outside.block(home, operator, mine))
    vault = Account.from_address(str(house.store.get(table.cursor("vault"))["address"]))
    house.outside.fund([vault], 10, house.outside.token("USDT"))
    out = Send(new_key().account, 1, house.outside.token("USDT"))
    with pytest.raises(NotEnough):
        house.outside.settle(house.outside.block(vault, operator, out))


def test_a_stolen_key_is_revoked_while_everything_is_stopped_and_the_payment_is_made_in_the_end(
    house: House,
) -> None:
    asked = Asked(house)
    home, stolen = Account.from_address(house.address(asked.user)), house.key("operator")
    ask = house.treasury.chain.ask_temporary

    def robbed(known):
        out = Send(new_key().account, 7, house.outside.token("USDT"))
        house.outside.settle(house.outside.block(home, stolen, out))
        return ask(known)

    house.treasury.chain.ask_temporary = robbed
    house.pay_out()
    house.restart()
    assert asked.state == "stuck"
    assert not house.treasury.grants.resolve(), "its blocks could still get votes"
    house.shift(LATER_MS)
    assert house.treasury.grants.resolve()
    assert house.treasury.grants.take(stolen.account, house.deadline_ms).left == 0
    house.new_key("operator")
    house.restart()
    new = signer(house.environment["CEX_OPERATOR_KEY"]).account
    assert house.treasury.grants.give(new, house.deadline_ms).left == 0
    assert house.pay_out().runs == 0, "stopped until a person says that it is over"
    house.store.commit(clear(ALL, "key revoked", house.clock.now_ms()))
    house.pay_out()
    assert (asked.state, asked.got) == ("landed", asked.units)


def test_a_key_that_others_may_read_is_not_used(house: House) -> None:
    (house.directory / "owner.json").chmod(0o644)
    house.restart()
    with pytest.raises(Unavailable) as refused:
        house.fill()
    assert "seed" not in refused.value.detail


def test_only_the_pool_and_the_drills_read_the_owner_key(house: House) -> None:
    asked = Asked(house)
    (house.directory / "owner.json").unlink()
    house.restart()
    house.follow()
    house.pay_out()
    house.reconcile()
    asked.settled()


def test_a_lease_whose_holder_is_known_to_be_dead_is_free_at_once_and_he_can_write_no_more(
    house: House,
) -> None:
    dead = house.treasury.leases.take(SETTLEMENT)
    assert dead is not None
    assert house.treasury.leases.take(SETTLEMENT) is None
    house.store.commit(freed())
    living = house.treasury.leases.take(SETTLEMENT)
    assert living is not None
    with pytest.raises(ConditionFailed):
        house.store.commit((dead.guard(run=7),))
    house.store.commit((living.guard(),))
