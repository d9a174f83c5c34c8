"""What if an order, a hold, a fee or a name were not what was promised?"""

from typing import Any
from unittest import mock

from chalicelib.engine.events import ReplaceRefused
from chalicelib.errors import InsufficientFunds
from chalicelib.flows import schema
from chalicelib.flows.intake import place_order
from chalicelib.flows.intake.fee_tier import FeeTiers
from chalicelib.flows.intake.place_order import PlaceWish
from chalicelib.flows.intake.replace_order import ReplaceWish
from chalicelib.flows.matcher import step as matcher_step
from chalicelib.flows.matcher import unseen
from chalicelib.flows.matcher.order_changes import OrderChange
from chalicelib.flows.matcher.step import Step
from chalicelib.flows.plan import Update
from chalicelib.flows.records import wallets
from chalicelib.flows.upkeep import volumes
from chalicelib.ids import order_id_from_request
from chalicelib.ledger import transfers

from .breaking import Patches, breakage, instead


@breakage
def a_hold_is_released_twice() -> Patches:
    release = transfers.release_transfers
    yield instead(matcher_step, "release_transfers", lambda hold: [*release(hold), *release(hold)])


@breakage
def a_refused_replace_keeps_what_was_held_for_it() -> Patches:
    def greedy(step: Step, event: Any, order: Any) -> None:
        step.settle_replace(event.order_id, event.user, event.command)

    yield mock.patch.dict(matcher_step._NOTES, {ReplaceRefused: greedy})


@breakage
def a_replace_is_not_marked_on_its_order() -> Patches:
    """So there may be two of them at once, and the sweeper knows of none."""
    draft = ReplaceWish._draft

    def unmarked(wish: ReplaceWish, order: Any) -> None:
        draft(wish, order)
        wish.writes = wish.writes[:1]

    yield instead(ReplaceWish, "_draft", unmarked)


@breakage
def a_volume_forgets_up_to_where_it_was_counted() -> Patches:
    """A run that dies before its cursor moves is counted twice."""
    yield instead(volumes, "_seq", lambda item: int(str(item["seq"])) if item and "days" not in item else 0)


@breakage
def everybody_pays_the_entry_rates() -> Patches:
    yield instead(FeeTiers, "rates", lambda tiers, user, market: market.rates(0))


@breakage
def a_wallet_may_fall_below_zero() -> Patches:
    yield instead(wallets, "_update", lambda user, add: Update(schema.wallet(user), add=add))


@breakage
def an_order_is_taken_without_its_hold() -> Patches:
    prepare = PlaceWish.prepare

    def generous(wish: PlaceWish) -> None:
        prepare(wish)
        wish.hold = None

    yield instead(PlaceWish, "prepare", generous)


@breakage
def order_updates_have_no_condition() -> Patches:
    write = OrderChange.write
    yield instead(OrderChange, "write", lambda *given: write(*given)._replace(require=()))


@breakage
def an_order_canceled_unseen_can_still_be_placed() -> Patches:
    yield instead(unseen, "_end", lambda step, event: step.take(event))


@breakage
def a_client_id_does_not_name_its_order() -> Patches:
    yield instead(
        place_order,
        "order_id_from_client",
        lambda user, name: order_id_from_request(user, name + str(id(object()))),
    )


@breakage
def an_unknown_outcome_is_told_as_a_refusal() -> Patches:
    def look(self: PlaceWish) -> None:
        raise InsufficientFunds("it did not work")

    yield instead(PlaceWish, "look_for_promise", look)
