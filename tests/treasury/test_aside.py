"""What if a part of a run can not go on: refused, stopped or overtaken, while it may land still?"""

from collections.abc import Callable

import pytest

from chalicelib.errors import ConditionFailed
from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import ALL, SETTLEMENT, clear, stop
from chalicelib.flows.plan import WRITES_MAX
from chalicelib.flows.runs.own import put_signed
from chalicelib.flows.withdrawals.controls import freeze
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Adjust, ModifyPermissions, Send
from chalicelib.keeta.permissions import Flag, Permissions
from tests.keeta_node.world import new_key
from tests.treasury.test_faults import Asked
from tests.treasury.test_proof import MINUTE, before_votes, frozen, rich_in_two
from tests.treasury.world import House, trade


def thawed(house: House, home: Account) -> None:
    row = ModifyPermissions(home, Adjust.SET, None)
    house.outside.settle(house.outside.block(house.outside.token("USDT"), house.outside.key("issuer"), row))


def test_a_payment_that_was_set_aside_is_not_asked_for_again_when_its_run_is_resolved(house: House) -> None:
    cold, fine = Asked(house), Asked(house)
    usdt = house.outside.token("USDT")
    homes = [Account.from_address(house.address(each.user)) for each in (cold, fine)]
    old = before_votes(house, lambda _: frozen(house, cold.user))
    house.pay_out()
    theft = Send(new_key().account, 7, usdt)
    stolen = house.outside.block(homes[1], house.key("operator"), theft)
    before_votes(house, lambda _: house.outside.settle(stolen))
    house.pay_out()
    assert house.treasury.resolver.resolve()
    assert cold.state == "stuck"
    thawed(house, homes[0])
    house.outside.settle(*(block for block in old if block.body.account == homes[0]))
    house.store.commit(clear(ALL, "over", house.clock.now_ms()))
    for _ in range(3):
        house.pay_out()
    assert (cold.state, cold.got) == ("landed", cold.units)


def two_legs(house: House):
    user, to = house.rich(KTA=10**18, USDT=2_000_000), new_key().account
    return user, house.ask(user, "KTA", 10**17, to), house.ask(user, "USDT", 900_000, to)


def test_what_was_posted_for_a_payment_aside_is_not_posted_again_by_its_run(house: House) -> None:
    user, coins, _ = two_legs(house)
    before_votes(house, lambda _: frozen(house, user))
    house.pay_out()
    books, land = house.treasury.books, house.treasury.books.land

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    books.land = killed
    for minutes in (0, 7):
        house.shift(minutes * MINUTE)
        try:
            house.pay_out()
        except KeyboardInterrupt:
            break
    else:
        raise AssertionError("nothing has landed")
    books.land = land
    house.restart()
    house.clock.offset_ms += 3 * MINUTE
    for _ in range(3):
        house.pay_out()
    assert house.withdrawal(coins).state == "landed"
    assert house.differences() == []


def test_a_leg_set_aside_is_released_when_the_other_leg_of_its_block_has_landed_without_it(
    house: House,
) -> None:
    user, coins, dollars = two_legs(house)
    before_votes(house, lambda _: frozen(house, user))
    for _ in range(3):
        house.pay_out()
    assert house.withdrawal(coins).state == "landed"
    assert (house.withdrawal(dollars).state, house.withdrawal(dollars).reason) == ("failed", "replaced")
    assert house.balance(user, "USDT").available == 2_000_000
    assert house.differences() == []


def test_a_leg_set_aside_is_not_released_by_the_block_before_its_own(house: House) -> None:
    """In its old form: what was signed on that one may land still."""
    user, to, _, dollars = rich_in_two(house)
    old = before_votes(house, lambda _: frozen(house, user))
    house.pay_out()
    assert house.withdrawal(dollars).state == "stuck"
    thawed(house, Account.from_address(house.address(user)))
    house.outside.settle(*old[:2])
    for _ in range(3):
        house.pay_out()
    assert house.withdrawal(dollars).state == "stuck"
    house.outside.settle(old[2])
    house.pay_out()
    assert house.withdrawal(dollars).state == "landed"
    assert house.outside.balance(to, house.outside.token("USDT")) == 900_000
    assert house.differences() == []


def test_the_rest_of_a_run_is_not_signed_while_all_is_stopped_and_its_user_frozen(
    house: House,
) -> None:
    user, to, coins, dollars = rich_in_two(house)

    def thief(blocks):
        house.outside.settle(*blocks[:2])
        house.store.commit(stop(ALL, "thief", house.clock.now_ms()))
        house.store.commit(freeze(user, "thief", house.clock.now_ms()))

    before_votes(house, thief)
    for minutes in (0, 0, 7):
        house.shift(minutes * MINUTE)
        house.pay_out()
    assert house.outside.balance(to, house.outside.token("USDT")) == 0
    assert house.withdrawal(dollars).state == "planned"
    assert house.differences() == [], "what landed is posted"
    assert house.withdrawal(coins).state in ("planned", "landed")


def test_a_stopped_token_does_not_hold_back_the_others_of_a_signed_run(house: House) -> None:
    one = Asked(house)
    user, to = house.rich(KTA=10**18), new_key().account
    coins = house.ask(user, "KTA", 10**17, to)
    house.controls.fault("vote.permanent", "drop_request", times=100)
    house.pay_out()
    house.controls.reset()
    house.store.commit(stop("USDT", "drill", house.clock.now_ms()))
    for minutes in (8, 20):
        house.shift(minutes * MINUTE)
        house.pay_out()
    assert house.withdrawal(coins).state == "landed"
    assert (one.state, one.got) == ("stuck", 0)


def test_a_stopped_token_does_not_hold_back_the_others_of_a_run_that_has_landed_in_part(house: House) -> None:
    first, second = Asked(house), Asked(house)
    user, to = house.rich(KTA=10**18), new_key().account
    coins = house.ask(user, "KTA", 10**17, to)

    def partly(blocks):
        house.outside.settle(blocks[0])
        house.store.commit(stop("USDT", "drill", house.clock.now_ms()))

    before_votes(house, partly)
    for minutes in (0, 8):
        house.shift(minutes * MINUTE)
        house.pay_out()
    assert house.withdrawal(coins).state == "landed"
    assert (first.state, second.state, second.got) == ("landed", "stuck", 0)
    assert house.differences() == []


def test_an_address_that_lacks_the_operators_row_keeps_no_other_waiting(house: House) -> None:
    one, two = Asked(house), Asked(house)
    home = Account.from_address(house.address(one.user))
    row = ModifyPermissions(house.key("operator").account, Adjust.SET, None)
    house.outside.settle(house.outside.block(home, house.key("owner"), row))
    for _ in range(2):
        house.pay_out()
    assert (two.state, two.got) == ("landed", two.units)
    assert one.state == "failed"


def test_a_token_that_is_frozen_everywhere_fits_into_the_transactions_that_set_it_aside(
    new_house: Callable[..., House],
) -> None:
    house = new_house(free=55)
    for _ in range(2):
        house.fill()
    payers, holders = [house.user() for _ in range(30)], [house.user() for _ in range(15)]
    usdt = house.outside.token("USDT")
    homes = [Account.from_address(house.address(user)) for user in (*payers, *holders)]
    house.outside.fund(homes, 200_000, usdt)
    house.follow()
    for payer, holder in zip(payers, holders, strict=False):
        trade(house, holder, payer, "USDT", 100_000)
    asked = [
        house.ask(user, "USDT", 250_000 if place < len(holders) else 150_000, new_key().account)
        for place, user in enumerate(payers)
    ]
    commit, sizes = house.store.commit, list[int]()
    house.store.commit = lambda plan: (sizes.append(len(plan)), commit(plan))[1]

    def cold(_: object) -> None:
        rows = [ModifyPermissions(home, Adjust.SET, Permissions(Flag(0))) for home in homes]
        house.outside.settle(house.outside.block(usdt, house.outside.key("issuer"), *rows))

    before_votes(house, cold)
    house.settle()
    assert max(sizes) <= WRITES_MAX
    assert {house.withdrawal(each).state for each in asked} == {"stuck"}


def test_a_payment_whose_address_pays_something_else_in_its_place_is_given_back(house: House) -> None:
    user, coins, dollars = two_legs(house)
    before_votes(house, lambda _: frozen(house, user))
    for minutes in (0, 7, 7):
        house.shift(minutes * MINUTE)
        house.pay_out()
    assert house.withdrawal(coins).state == "landed"
    assert house.withdrawal(dollars)[5:7] == ("failed", "replaced")
    assert house.balance(user, "USDT") == ("USDT", 2_000_000, 0)
    assert house.differences() == []


def funded_by_another(house: House):
    """A user with KTA at his address and USDT elsewhere, which is frozen while both are to be paid: a move,
    a payment, and one more that waits for the move. What was signed first."""
    other, user, to = house.rich(USDT=5_000_000), house.rich(KTA=10**18), new_key().account
    trade(house, other, user, "USDT", 1_000_000)
    coins, dollars = house.ask(user, "KTA", 10**17, to), house.ask(user, "USDT", 900_000, to)
    blocks = before_votes(house, lambda _: frozen(house, other))
    for _ in range(2):
        house.pay_out()
    assert len(blocks) == 3
    assert house.withdrawal(coins).state == "landed"
    return blocks, dollars


def test_a_payment_behind_a_block_that_was_signed_anew_without_it_is_given_back(house: House) -> None:
    _, dollars = funded_by_another(house)
    house.pay_out()
    assert house.withdrawal(dollars)[5:7] == ("failed", "replaced")
    assert house.balance(dollars.user, "USDT") == ("USDT", 1_000_000, 0)
    assert house.differences() == []


def test_what_was_signed_behind_a_block_is_not_forgotten_when_it_is_signed_again(house: House) -> None:
    _, _, _, dollars = rich_in_two(house)
    blocks = before_votes(house, lambda _: None)
    house.pay_out()
    with pytest.raises(ConditionFailed):
        house.store.commit(tuple(put_signed(SETTLEMENT, dollars.run, blocks[1:2])))


def test_a_move_that_was_left_out_and_lands_after_all_is_posted(house: House) -> None:
    blocks, _ = funded_by_another(house)
    thawed(house, blocks[0].body.account)
    house.outside.settle(blocks[0])
    house.pay_out()
    assert house.differences() == []
    assert house.store.page(table.note("given-up", "0"), "~", 10).items == []


def test_what_of_a_run_has_landed_is_paid_when_all_of_its_rest_is_refused(house: House) -> None:
    user, _, coins, dollars = rich_in_two(house)

    def partly(blocks):
        house.outside.settle(*blocks[:2])
        frozen(house, user)

    before_votes(house, partly)
    for _ in range(3):
        house.pay_out()
    assert {house.withdrawal(each).state for each in (coins, dollars)} == {"landed", "stuck"}
    assert (house.store.get(table.lease(SETTLEMENT)) or {})["run"] == 0, "nobody waits for it"
    assert house.differences() == []


def test_a_leg_that_bars_nobody_any_more_is_forgotten(house: House) -> None:
    cold = Asked(house)
    frozen(house, cold.user)
    house.pay_out()
    legs = table.note("leg", "0")
    assert len(house.store.page(legs, "~", 10).items) == 1
    house.settle()
    assert len(house.store.page(legs, "~", 10).items) == 1, "it may be frozen still"
    house.shift(61 * MINUTE)
    house.settle()
    assert house.store.page(legs, "~", 10).items == []


@pytest.fixture(autouse=True)
def _shifted_back(house: House):
    yield
    house.shift(0)
