"""Do the planned moves bring every coin to whom it is owed, with few of them, whoever traded with whom?"""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.settlement.netting import (
    ACCOUNTS_MAX,
    SOURCES_MAX,
    Excess,
    Move,
    Position,
    net_moves,
    one_staple,
)

USERS, TRADES, PAYMENTS = 10_000, 200_000, 500


def carried_out(positions: list[Position], moves: list[Move]) -> dict[tuple[str, str], int]:
    held = Counter({(each.address, each.asset): each.held for each in positions})
    for move in moves:
        assert move.units > 0
        held[move.source, move.asset] -= move.units
        assert held[move.source, move.asset] >= 0, "nobody gives what is not there"
        held[move.target, move.asset] += move.units
    return held


def owed(positions: list[Position]) -> dict[tuple[str, str], int]:
    return Counter({(each.address, each.asset): each.owed for each in positions})


@st.composite
def exchanges(draw: st.DrawFn) -> list[Position]:
    """Some accounts of two assets; all that is owed lies somewhere."""
    count = draw(st.integers(1, 12))
    found = []
    for asset in ("KTA", "USDT"):
        held = draw(st.lists(st.integers(0, 100), min_size=count, max_size=count))
        left, due = sum(held), []
        for _ in range(count - 1):
            due.append(draw(st.integers(0, left)))
            left -= due[-1]
        due.append(left)
        found += [Position(f"a{n}", asset, *pair) for n, pair in enumerate(zip(held, due, strict=True))]
    return found


@given(exchanges())
def test_afterwards_everybody_holds_what_he_is_owed(positions: list[Position]) -> None:
    moves = net_moves(positions, {})
    assert +Counter(carried_out(positions, moves)) == +Counter(owed(positions))
    for asset in ("KTA", "USDT"):
        wrong = sum(each.held != each.owed for each in positions if each.asset == asset)
        made = sum(move.asset == asset for move in moves)
        assert made <= max(wrong - 1, 0)


@given(exchanges(), st.data())
def test_what_is_wanted_now_comes_first_and_can_then_be_paid(positions: list[Position], data) -> None:
    who = data.draw(st.sampled_from(positions))
    units = data.draw(st.integers(0, who.owed))
    wanted = {(who.address, who.asset): units}
    alone = net_moves(positions, wanted, wanted_only=True)
    assert carried_out(positions, alone)[who.address, who.asset] >= units
    assert net_moves(positions, wanted)[: len(alone)] == alone
    assert len(alone) == len(set(alone))


@given(exchanges(), st.data())
def test_what_is_too_much_goes_to_the_vault_and_payments_are_covered_all_the_same(
    positions: list[Position], data
) -> None:
    who = data.draw(st.sampled_from(positions))
    there = sum(each.held for each in positions if each.asset == who.asset)
    units = data.draw(st.integers(0, min(who.owed, there)))
    excess = data.draw(st.integers(0, there - units))
    moves = net_moves(
        positions, {(who.address, who.asset): units}, Excess("vault", {who.asset: excess, "USDX": 5})
    )
    after = carried_out(positions, moves)
    assert after["vault", who.asset] == excess
    assert after[who.address, who.asset] >= units
    assert all(move.source != "vault" for move in moves)
    large = max((each.held for each in positions if each.asset == who.asset), default=0)
    if units == 0 and 0 < excess <= large:
        assert sum(move.target == "vault" for move in moves) == 1, "the largest heap alone"


@given(exchanges(), st.data())
def test_coins_that_others_are_owed_serve_what_is_wanted_when_there_are_no_others(
    positions: list[Position], data
) -> None:
    """Much lies in the vault: all are owed more than there is."""
    poor = [each._replace(owed=each.owed + each.held) for each in positions]
    who = data.draw(st.sampled_from(poor))
    units = data.draw(st.integers(0, sum(each.held for each in poor if each.asset == who.asset)))
    moves = net_moves(poor, {(who.address, who.asset): units}, wanted_only=True)
    assert carried_out(poor, moves)[who.address, who.asset] >= units


@given(exchanges())
def test_a_staple_carries_no_more_than_it_may(positions: list[Position]) -> None:
    taken = one_staple(net_moves(positions, {}))
    assert len({move.source for move in taken}) <= SOURCES_MAX
    assert len({at for move in taken for at in move[:2]}) <= ACCOUNTS_MAX


def test_ten_thousand_users_trade_and_are_settled_with_few_sends() -> None:
    chance = random.Random(20260131)
    held = {asset: [chance.randrange(10**9) for _ in range(USERS)] for asset in ("KTA", "USDT")}
    due = {asset: list(units) for asset, units in held.items()}
    for _ in range(TRADES):
        buyer, seller = chance.randrange(USERS), chance.randrange(USERS)
        base = chance.randrange(1 + due["KTA"][seller])
        quote = chance.randrange(1 + due["USDT"][buyer])
        for asset, giver, taker, units in (("KTA", seller, buyer, base), ("USDT", buyer, seller, quote)):
            due[asset][giver] -= units
            due[asset][taker] += units
    positions = [
        Position(f"u{user}", asset, held[asset][user], due[asset][user])
        for asset in held
        for user in range(USERS)
    ]
    wanted = {(f"u{user}", "KTA"): due["KTA"][user] // 2 for user in chance.sample(range(USERS), PAYMENTS)}
    moves = net_moves(positions, wanted)
    assert +Counter(carried_out(positions, moves)) == +Counter(owed(positions))
    staples, rest = 0, moves
    while rest:
        rest = rest[len(one_staple(rest)) :]
        staples += 1
    assert len(moves) < 2 * USERS + PAYMENTS
    print(
        f"\n{TRADES} trades, {PAYMENTS} payments: {len(moves)} sends in {staples} staples, not {2 * TRADES}"
    )
