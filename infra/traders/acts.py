"""What else can a trader ask for? Further acts of the day, in which the book is empty around its middle.

Each act leaves it as it was. Nobody takes more than is offered there: beyond it strangers trade.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from infra.traders.api import plain
from infra.traders.story import equal

if TYPE_CHECKING:
    from infra.traders.day import Day

Act = Callable[["Day"], None]


def trade_at_market(day: "Day") -> None:
    """Ada takes the best there is, by quantity and by funds."""
    story, ada, ben = day.story, day.ada, day.ben
    first = story.order(ben, "sell", 30, +5, "resting")
    bought = ada.place_at_market(story.market, "buy", quantity=Decimal(10))
    story.becomes(ada, "buys 10 at the market", bought, "filled", 10, type="market")
    funds = 20 * story.at(+5)
    spent = ada.place_at_market(story.market, "buy", funds=funds)
    story.becomes(ada, f"spends {plain(funds)} at the market", spent, "filled", 20, quantity=None)
    equal("Ben's ask", ben.order(first["id"])["status"], "filled")


def wake_a_stop(day: "Day") -> None:
    """Ben's stop-loss sleeps unseen until somebody trades at its price.

    It is good for half a minute: what a day that was cut short leaves asleep, no other day can see.
    """
    story, ben = day.story, day.ben
    until = datetime.now(UTC) + timedelta(seconds=30)
    wakes = plain(story.at(-5))
    expires_at = until.strftime("%Y-%m-%dT%H:%M:%SZ")
    more = {"expires_at": expires_at, "stop": "loss", "stop_price": wakes}
    stop = ben.place(story.market, "sell", story.at(-10), Decimal(20), "gtt", None, **more)
    story.becomes(ben, f"sells 20 once the price falls to {wakes}", stop, "armed", stop="loss")
    story.holds("nobody sees it in the book", day.inside(), [])
    bid = story.order(day.ada, "buy", 30, -5, "resting")
    story.order(day.cleo, "sell", 10, -5, "filled", 10)
    story.becomes(ben, "has sold as the price fell", ben.order(stop["id"]), "filled", 20)
    equal("Ada's bid", day.ada.order(bid["id"])["status"], "filled")


def fill_or_kill(day: "Day") -> None:
    story, ada = day.story, day.ada
    story.order(day.ben, "sell", 20, +10, "resting")
    story.order(ada, "buy", 21, +10, "rejected", tif="fok", reason="fok_unfillable")
    story.order(ada, "buy", 20, +10, "filled", 20, tif="fok")


def meet_oneself(day: "Day") -> None:
    """The smaller of Ben's orders goes, the larger shrinks by it; and he can read why."""
    story, ben = day.story, day.ben
    ask = story.order(ben, "sell", 30, +10, "resting")
    bid = story.order(ben, "buy", 10, +10, "canceled", reason="self_trade", self_trade="dc")
    story.becomes(ben, "still sells", ben.order(ask["id"]), "resting", quantity="20")
    prevented = next(ben.prevented())
    named = [prevented["maker_order_id"], prevented["taker_order_id"], prevented["quantity"]]
    story.holds("Ben reads which trade was prevented", named, [ask["id"], bid["id"], "10"])
    ben.cancel(ask["id"])


def change_orders(day: "Day") -> None:
    """One id, whatever the order becomes."""
    story, ada = day.story, day.ada
    held = day.held(ada, day.quote)
    order = story.order(ada, "buy", 50, -15, "resting", client_order_id="lunch")
    smaller = ada.reduce(order["id"], Decimal(40))
    story.becomes(ada, "reduces it to 40, in its place", smaller, "resting", quantity="40")
    price = story.at(-12)
    replaced = ada.replace(order["id"], price=price, quantity=Decimal(60))
    words = f"replaces it by 60 at {plain(price)}"
    story.becomes(ada, words, replaced, "resting", id=order["id"], quantity="60", replace=None)
    story.holds("60 at the new price are held", day.held(ada, day.quote) - held, 60 * price)
    story.refused(
        "Ada", "reduces it to more", "not_a_reduction", lambda: ada.reduce(order["id"], Decimal(61))
    )
    story.holds("she finds it by her own name for it", ada.order_called("lunch"), replaced)


def batch(day: "Day") -> None:
    """One request, one message, a result for each command."""
    story, ada = day.story, day.ada
    bids = [
        {"place": {"side": "buy", "price": plain(story.at(ticks)), "quantity": "10"}} for ticks in (-18, -19)
    ]
    dear = {"place": {"side": "sell", "price": plain(story.at(+18)), "quantity": "1000000"}}
    results = ada.batch(story.market, [{"cancel": {"client_order_id": "lunch"}}, *bids, dear])
    *orders, problem = (each.get("order") or each["problem"] for each in results)
    story.holds(
        "four commands at once: canceled, placed, placed, refused",
        [*(order["status"] for order in orders), problem["code"]],
        ["canceled", "resting", "resting", "insufficient_funds"],
    )
    story.holds("the book shows them", day.inside(), [(-18, 10, 1), (-19, 10, 1)])
    waiting = [order["id"] for order in ada.open_orders(story.market)]
    story.holds("Ada's open orders are hers that wait", waiting[-2:], [order["id"] for order in orders[1:]])
    ada.batch(story.market, [{"cancel": {"id": order["id"]}} for order in orders[1:]])


def cancel_all(day: "Day") -> None:
    """Cleo wants to be out, now or when she falls silent."""
    story, cleo = day.story, day.cleo
    asks = [story.order(cleo, "sell", 10, ticks, "resting")["id"] for ticks in (+15, +18)]
    switch = cleo.cancel_all_after(story.market, 60)
    equal("the switch", (switch["status"], switch["cancels_at"] is None), ("done", False))
    story.terminal.done("Cleo", "is out in a minute if she says no more", "")
    off = cleo.cancel_all_after(story.market, 0)
    story.holds("she turns that off again", off["cancels_at"], None)
    story.holds("she cancels all at once", sorted(cleo.cancel_all(story.market)), sorted(asks))
    story.holds("the day's prices are free again", day.inside(), [])


def read_fees(day: "Day") -> None:
    """Everybody is still in the first tier."""
    for trader in day.traders:
        fees = trader.fees(day.story.market)
        listed = [day.terms["maker_fee"], day.terms["taker_fee"]]
        equal(f"{trader.name}'s rates", [fees["maker_fee"], fees["taker_fee"]], listed)
        day.story.terminal.done(trader.name, f"pays {' and '.join(listed)}, as listed", "")


ACTS: tuple[tuple[str, Act], ...] = (
    ("Orders that take what the market gives", trade_at_market),
    ("Orders that sleep", wake_a_stop),
    ("All or nothing", fill_or_kill),
    ("Nobody trades with himself", meet_oneself),
    ("Orders are changed", change_orders),
    ("Many commands at once", batch),
    ("Everything is canceled", cancel_all),
    ("Fees", read_fees),
)
