"""Can the operator key be changed or taken away, and does each key do only what is its own?"""

from collections.abc import Callable

import boto3
import pytest

from chalicelib.adapters.custody_keys import signer
from chalicelib.adapters.kms import KmsSigner
from chalicelib.errors import ConditionFailed, Unavailable
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, LEASE_MS, SETTLEMENT, clear, freed
from chalicelib.flows.plan import Delete, Put
from chalicelib.flows.runs import drill
from chalicelib.flows.runs.run import read_run
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Adjust, ModifyPermissions, Send
from chalicelib.keeta.permissions import Flag, Permissions
from chalicelib.settlement.errors import NotEnough
from infra.local.clients import CREDENTIALS, REGION
from tests.keeta_node.world import new_key
from tests.treasury.test_faults import Asked
from tests.treasury.world import House

CREDENTIAL_NAMES = {name.upper(): value for name, value in CREDENTIALS.items()}
CREDENTIAL_NAMES["AWS_DEFAULT_REGION"] = REGION


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


def robbed(house: House, home: Account) -> None:
    """While our run at this address collects its votes, a thief takes 7 units from it."""
    ask, stolen = house.treasury.chain.ask_temporary, house.key("operator")

    def meanwhile(known):
        if home not in [block.body.account for block in known.blocks]:
            return ask(known)
        house.treasury.chain.ask_temporary = ask
        out = Send(new_key().account, 7, house.outside.token("USDT"))
        house.outside.settle(house.outside.block(home, stolen, out))
        return ask(known)

    house.treasury.chain.ask_temporary = meanwhile


def test_a_stolen_key_is_revoked_while_everything_is_stopped_and_the_payment_is_made_in_the_end(
    house: House,
) -> None:
    asked = Asked(house)
    stolen = house.key("operator").account
    robbed(house, Account.from_address(house.address(asked.user)))
    house.pay_out()
    house.restart()
    assert asked.state == "stuck"
    assert house.treasury.grants.take(stolen, house.deadline_ms) == (5, 0), "first of all"
    assert house.treasury.resolver.resolve()
    house.new_key("operator")
    house.restart()
    new = signer(house.environment["CEX_OPERATOR_KEY"]).account
    assert house.treasury.grants.give(new, house.deadline_ms).left == 0
    assert house.pay_out().runs == 0, "stopped until a person says that it is over"
    house.store.commit(clear(ALL, "key revoked", house.clock.now_ms()))
    house.pay_out()
    assert (asked.state, asked.got) == ("landed", asked.units)


def test_a_key_is_revoked_although_a_thief_is_faster_and_a_run_does_not_land(house: House) -> None:
    asked = Asked(house)
    house.controls.fault("vote.permanent", "drop_request", times=100)
    house.pay_out()
    house.controls.reset()
    house.shift(8 * 60_000)
    stolen, home = house.key("operator").account, Account.from_address(house.address(asked.user))
    robbed(house, home)
    assert house.treasury.grants.take(stolen, house.deadline_ms).left == 0
    assert any(name == "grant_overtaken" for name, _ in house.notebook.notes)
    out = Send(new_key().account, 1, house.outside.token("USDT"))
    with pytest.raises(NotEnough):
        house.outside.settle(house.outside.block(home, house.key("operator"), out))


def test_a_rotation_overtakes_a_run_under_way_and_its_payment_is_made_once(house: House) -> None:
    asked, other = Asked(house), Asked(house)
    house.controls.fault("vote.permanent", "drop_request", times=100)
    house.pay_out()
    house.controls.reset()
    house.shift(8 * 60_000)
    new = new_key().account
    assert house.treasury.grants.give(new, house.deadline_ms) == (5, 0)
    for _ in range(3):
        house.pay_out()
    asked.settled()
    other.settled()
    assert house.notebook.alarms == []


def test_a_run_of_the_key_before_is_paid_by_the_key_of_today(house: House) -> None:
    asked = Asked(house)
    house.controls.fault("vote.permanent", "drop_request", times=100)
    house.pay_out()
    house.controls.reset()
    house.new_key("operator")
    new = signer(house.environment["CEX_OPERATOR_KEY"]).account
    house.shift(8 * 60_000)
    assert house.treasury.grants.give(new, house.deadline_ms).left == 0
    house.restart()
    asked.settled()


def test_a_key_that_may_send_from_nowhere_fails_nobody(house: House) -> None:
    asked = Asked(house)
    house.new_key("operator")
    house.restart()
    with pytest.raises(Unavailable):
        house.pay_out()
    assert asked.state in ("requested", "planned")
    assert "operator_may_not_send" in house.notebook.alarmed
    new = signer(house.environment["CEX_OPERATOR_KEY"]).account
    assert house.treasury.grants.give(new, house.deadline_ms).left == 0
    asked.settled()


def test_a_rotation_takes_longer_than_a_lease(house: House, monkeypatch) -> None:
    monkeypatch.setattr(drill, "ACCOUNTS_MAX", 2)
    ask = house.treasury.chain.ask_temporary

    def slow(known):
        house.clock.offset_ms += LEASE_MS // 2
        return ask(known)

    house.treasury.chain.ask_temporary = slow
    assert house.treasury.grants.give(new_key().account, house.deadline_ms + 600_000) == (5, 0)


def test_addresses_that_are_being_made_count_as_left(new_house: Callable[..., House]) -> None:
    house = new_house()
    house.fill()
    house.address(house.user())
    house.controls.fault("vote.permanent", "drop_request", times=100)
    house.fill()
    house.controls.reset()
    assert house.treasury.grants.take(house.key("operator").account, house.deadline_ms).left > 0


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


def test_the_operator_may_be_a_key_that_lies_in_kms(
    ministack_endpoint: str, house: House, monkeypatch
) -> None:
    for name, value in {**CREDENTIAL_NAMES, "AWS_ENDPOINT_URL_KMS": ministack_endpoint}.items():
        monkeypatch.setenv(name, value)
    kms = boto3.session.Session().client("kms")
    made = kms.create_key(KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    asked = Asked(house)
    house.environment["CEX_OPERATOR_KEY"] = f"kms:{made}"
    house.restart()
    operator = house.treasury.operator
    assert isinstance(operator, KmsSigner)
    assert house.treasury.grants.give(operator.account, house.deadline_ms).left == 0
    asked.settled()
    missing = signer("kms:00000000-0000-0000-0000-000000000000")
    with pytest.raises(Unavailable):
        _ = missing.account


def test_a_line_of_the_roll_that_is_not_ours_keeps_no_key_in_place(house: House) -> None:
    house.address(house.user())
    for made_up in ("not an address", new_key().account.address):
        house.store.commit((Put(table.rolled_address(made_up), {"owner": "nobody"}),))
    assert house.treasury.grants.take(house.key("operator").account, house.deadline_ms).left == 0


def test_no_payment_comes_from_the_house_whatever_a_users_item_says(house: House) -> None:
    asked = Asked(house)
    treasury = house.own("treasury")
    house.outside.fund([Account.from_address(treasury)], asked.units, house.outside.token("USDT"))
    house.follow()
    house.store.commit((Put(schema.deposit_address(asked.user), {"address": treasury}),))
    house.pay_out()
    assert (asked.state, asked.got) == ("requested", 0)


def test_a_key_is_taken_also_where_the_lobby_has_forgotten_an_address(house: House) -> None:
    user = house.user()
    address = Account.from_address(house.address(user))
    house.store.commit((Delete(table.rolled_address(address.address)),))
    operator = house.key("operator").account
    assert house.treasury.grants.take(operator, house.deadline_ms).left == 0
    assert house.treasury.chain.senders(operator, [address]) == set()
