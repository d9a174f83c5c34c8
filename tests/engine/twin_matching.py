"""With whom would the twin's incoming order trade? See twin.py."""

from typing import Any

Plain = tuple[Any, ...]
Entry = dict[str, Any]

FIELDS = (
    *("order_id", "user", "side", "price", "quantity", "remaining", "tif", "self_trade", "expires_ms"),
    *("maker_ppm", "taker_ppm", "budget"),
)


def hold(order: Entry) -> int:
    """Lots of a seller; of a buyer what they would cost, or what is left of his budget."""
    if order["budget"] > 0:
        return order["budget"]
    return order["remaining"] * (order["price"] if order["side"] == "buy" else 1)


def plain(order: Entry) -> Plain:
    return tuple(order[name] for name in FIELDS)


class Matching:
    """`open` are the orders that rest or sleep (stop is not None)."""

    def __init__(self) -> None:
        self.open: list[Entry] = []  # in the order of their arrival
        self.timers: dict[str, int] = {}
        self.next_seq = 1
        self.next_trade_id = 1
        self.last_price: int | None = None
        self.reference: int | None = None
        self.mode = "open"
        self.mode_reason = ""
        self.unfinished: Plain | None = None

    # --- an order comes -----------------------------------------------------------------------

    def place(self, order: Plain, fills_max: int, avoid: str | None) -> list[Plain]:
        taker = dict(zip(FIELDS, order, strict=True))
        self.unfinished = None
        fresh = taker["quantity"] == (0 if taker["budget"] else taker["remaining"])
        if taker["tif"] == "fok" and fresh:
            reason = self._why_not_whole(taker)
            if reason:
                return [self._end("rejected", taker, reason)]
        if taker["tif"] == "postonly" and self._makers(taker):
            return [self._end("rejected", taker, "post_only_would_cross")]
        events: list[Plain] = []
        for room in range(fills_max, -1, -1):
            makers = self._makers(taker)
            if not makers or self._size(taker, makers[0]) == 0:
                return [*events, self._leave_over(taker)]
            own = makers[0]["user"] == taker["user"]
            if room == 0 or (makers[0]["user"] == avoid and not own):
                return [*events, self._continue_later(taker)]
            events += self._prevent(taker, makers[0]) if own else [self._trade(taker, makers[0])]
            if taker.get("ended"):
                return events
        raise AssertionError("the last round has no room and ends")

    def _makers(self, taker: Entry) -> list[Entry]:
        """Who would trade with the taker, the first to trade first."""
        others = [each for each in self.open if each["stop"] is None and each["side"] != taker["side"]]
        if taker["side"] == "buy":
            asks = [each for each in others if each["price"] <= taker["price"]]
            return sorted(asks, key=lambda each: (each["price"], each["arrival"]))
        bids = [each for each in others if each["price"] >= taker["price"]]
        return sorted(bids, key=lambda each: (-each["price"], each["arrival"]))

    def _size(self, taker: Entry, maker: Entry) -> int:
        """Lots that the taker wants at that maker's price."""
        return taker["budget"] // maker["price"] if taker["budget"] else taker["remaining"]

    def _why_not_whole(self, taker: Entry) -> str:
        """Tries it on a copy; "" if nothing of the copy is left."""
        trial = dict(taker)
        for maker in self._makers(taker):
            size = self._size(trial, maker)
            if size == 0:
                break
            if maker["user"] == taker["user"]:
                if taker["self_trade"] != "co":
                    return "self_trade"
                continue
            if size <= maker["remaining"]:
                return ""
            trial["remaining"] -= maker["remaining"]
            trial["budget"] -= maker["remaining"] * maker["price"] if taker["budget"] else 0
        return "fok_unfillable"

    def _trade(self, taker: Entry, maker: Entry) -> Plain:
        price = maker["price"]
        lots = min(self._size(taker, maker), maker["remaining"])
        self._shrink(maker, lots)
        if taker["budget"]:
            taker["quantity"] += lots
            taker["budget"] -= lots * price
            taker["ended"] = taker["budget"] < price
            left, released = (0, taker["budget"]) if taker["ended"] else (1, 0)
        else:
            taker["remaining"] -= lots
            taker["ended"] = taker["remaining"] == 0
            better = taker["price"] - price if taker["side"] == "buy" else 0
            left, released = taker["remaining"], better * lots
        trade_id = self.next_trade_id
        self.next_trade_id += 1
        self.last_price = self.reference = price
        sides = (maker["order_id"], maker["user"], taker["order_id"], taker["user"], taker["side"])
        return self._event("filled", trade_id, *sides, price, lots, maker["remaining"], left, released)

    def _prevent(self, taker: Entry, maker: Entry) -> list[Plain]:
        size, mode = self._size(taker, maker), taker["self_trade"]
        lots = min(size, maker["remaining"])
        meeting = (maker["order_id"], taker["order_id"], taker["user"], taker["side"])
        events = [self._event("prevented", *meeting, maker["price"], lots, mode)]
        if mode in ("co", "cb") or (mode == "dc" and maker["remaining"] <= size):
            self.open.remove(maker)
            events.append(self._end("canceled", maker, "self_trade"))
        elif mode == "dc":
            self._shrink(maker, lots)
            maker["quantity"] -= lots
            cost = lots * (maker["price"] if maker["side"] == "buy" else 1)
            events.append(self._reduced(maker, cost, "self_trade"))
        if mode in ("cn", "cb") or (mode == "dc" and size <= lots):
            events.append(self._end("canceled", taker, "self_trade"))
            taker["ended"] = True
        elif mode == "dc":
            events.append(self._shrink_taker(taker, maker["price"], lots))
        return events

    def _shrink_taker(self, taker: Entry, price: int, lots: int) -> Plain:
        before = hold(taker)
        if taker["budget"]:
            taker["budget"] -= price * lots
        else:
            taker["quantity"] -= lots
            taker["remaining"] -= lots
        return self._reduced(taker, before - hold(taker), "self_trade")

    def _leave_over(self, taker: Entry) -> Plain:
        """No maker is left for it."""
        if taker["tif"] == "ioc" or taker["budget"]:
            return self._end("canceled", taker, "ioc_remainder")
        names = ("order_id", "user", "side", "price", "quantity", "remaining", "expires_ms", "maker_ppm")
        event = self._event("rested", *(taker[name] for name in names))
        self.open.append({**taker, "arrival": event[1], "stop": None})
        return event

    def _continue_later(self, taker: Entry) -> Plain:
        self.unfinished = plain(taker)
        return self._event("continues", self.unfinished)

    def _shrink(self, maker: Entry, lots: int) -> None:
        maker["remaining"] -= lots
        if maker["remaining"] == 0:
            self.open.remove(maker)

    def _find(self, order_id: str) -> Entry | None:
        return next((each for each in self.open if each["order_id"] == order_id), None)

    def _end(self, how: str, order: Entry, reason: str) -> Plain:
        parts = [order[name] for name in ("order_id", "user", "side", "remaining")]
        return self._event(how, *parts, hold(order), reason)

    def _reduced(self, order: Entry, released: int, reason: str) -> Plain:
        parts = [order[name] for name in ("order_id", "user", "side", "quantity", "remaining")]
        return self._event("reduced", *parts, released, reason)

    def _event(self, name: str, *parts: Any) -> Plain:
        seq = self.next_seq
        self.next_seq += 1
        return (name, seq, *parts)
