"""What would a market do that anybody can check by reading it once?

One list of dictionaries, searched from end to end at every step. It shares nothing with
the engine, not even its names: events are tuples that begin with their stored name, and an
order is a tuple of the FIELDS.
"""

from .twin_matching import FIELDS, Entry, Matching, Plain, hold, plain


class Twin(Matching):
    """A slow, obvious market."""

    # --- an order changes or goes -------------------------------------------------------------

    def cancel(self, order_id: str, reason: str = "requested") -> list[Plain]:
        order = self._find(order_id)
        if order is None:
            return []
        self.open.remove(order)
        return [self._end("canceled", order, reason)]

    def refuse(self, order: Plain, reason: str) -> list[Plain]:
        entry = dict(zip(FIELDS, order, strict=True))
        if self.unfinished is not None and self.unfinished[0] == entry["order_id"]:
            self.unfinished = None
        return [self._end("rejected", entry, reason)]

    def reduce(self, order_id: str, quantity: int) -> list[Plain] | str:
        if self.mode == "halted":
            return "market_halted"
        order = self._find(order_id)
        if order is None:
            return "order_not_open"
        if quantity >= order["quantity"]:
            return "not_a_reduction"
        if quantity <= order["quantity"] - order["remaining"]:
            return "quantity_already_filled"
        before = hold(order)
        order["remaining"] -= order["quantity"] - quantity
        order["quantity"] = quantity
        return [self._reduced(order, before - hold(order), "requested")]

    def replace(self, order: Plain, extra: int, command: str, rules: Plain) -> list[Plain]:
        """Only the first event; the caller then places the order with what remains of it."""
        new = dict(zip(FIELDS, order, strict=True))
        old = self._find(order[0])
        reason = self._why_not_replaced(old, new, extra, rules)
        if reason or old is None:
            parts = (new["order_id"], new["user"], new["side"], command, extra, reason)
            return [self._event("replace_refused", *parts)]
        before = hold(old) + extra
        keeps_place = new["price"] == old["price"] and new["quantity"] < old["quantity"]
        remaining = new["quantity"] - (old["quantity"] - old["remaining"])
        old.update(price=new["price"], quantity=new["quantity"], remaining=remaining)
        if keeps_place:
            return [self._reduced(old, before - hold(old), "requested")]
        self.open.remove(old)
        names = ("order_id", "user", "side", "price", "quantity", "remaining")
        return [self._event("replaced", *(old[name] for name in names), before - hold(old))]

    def _why_not_replaced(self, old: Entry | None, new: Entry, extra: int, rules: Plain) -> str:
        halted = self.mode == "halted"
        if halted or old is None or old["stop"] is not None or old["user"] != new["user"]:
            return "market_halted" if halted else "order_not_open"
        closed = self._why_closed(new["tif"], None)
        if closed:
            return closed
        filled = old["quantity"] - old["remaining"]
        if new["quantity"] <= filled:
            return "quantity_already_filled"
        if new["price"] != old["price"] or new["quantity"] >= old["quantity"]:
            if self._is_outside_band(new["price"], self.reference, rules):
                return "outside_price_band"
            if new["tif"] == "postonly" and self._makers(new):
                return "post_only_would_cross"
        needed = hold({**old, "price": new["price"], "remaining": new["quantity"] - filled})
        return "hold_too_small" if hold(old) + extra < needed else ""

    # --- stops, time, mode --------------------------------------------------------------------

    def arm(self, order: Plain, stop: str, stop_price: int) -> list[Plain]:
        event = self._event("armed", order, stop, stop_price)
        entry = dict(zip(FIELDS, order, strict=True))
        self.open.append({**entry, "arrival": event[1], "stop": stop, "stop_price": stop_price})
        return [event]

    def wake(self, rules: Plain) -> list[Plain]:
        """At most one stop."""
        last = self.last_price
        if self.mode != "open" or self.unfinished is not None or last is None:
            return []
        losses = [each for each in self.open if each["stop"] == "loss" and last <= each["stop_price"]]
        entries = [each for each in self.open if each["stop"] == "entry" and last >= each["stop_price"]]
        heads = sorted(losses, key=lambda each: (-each["stop_price"], each["arrival"]))[:1]
        heads += sorted(entries, key=lambda each: (each["stop_price"], each["arrival"]))[:1]
        if not heads:
            return []
        stop = min(heads, key=lambda each: each["arrival"])
        self.open.remove(stop)
        if self._is_outside_band(stop["price"], self.reference, rules):
            return [self._end("canceled", stop, "outside_price_band")]
        self.unfinished = plain(stop)
        return [self._event("triggered", stop["order_id"])]

    def next_due(self, now_ms: int) -> list[Plain]:
        """At most one event that time alone has caused."""
        if self.mode == "halted" or self.unfinished is not None:
            return []
        ends = [(each["expires_ms"], each["arrival"], each) for each in self.open if each["expires_ms"]]
        ends = sorted(end for end in ends if end[0] <= now_ms)
        switches = sorted((at, user) for user, at in self.timers.items() if at <= now_ms)
        if ends and (not switches or ends[0][0] <= switches[0][0]):
            return self.cancel(ends[0][2]["order_id"], "expired")
        if not switches:
            return []
        user = switches[0][1]
        mine = [each["order_id"] for each in self.open if each["user"] == user]
        return self.cancel(mine[0], "cancel_all_after") if mine else self.set_timer(user, 0)

    def next_due_ms(self) -> int | None:
        times = [each["expires_ms"] for each in self.open if each["expires_ms"]] + list(self.timers.values())
        return None if self.mode == "halted" else min(times, default=None)

    def set_timer(self, user: str, deadline_ms: int) -> list[Plain]:
        self.timers.pop(user, None)
        if deadline_ms:
            self.timers[user] = deadline_ms
        return [self._event("timer", user, deadline_ms)]

    def set_mode(self, mode: str, reason: str, reference: int) -> list[Plain]:
        self.mode, self.mode_reason = mode, reason
        if reference:
            self.reference = reference
        return [self._event("mode", mode, reason, reference)]

    def refusal(
        self, order: Plain, rules: Plain, stop: str | None, stop_price: int, now_ms: int
    ) -> str | None:
        new = dict(zip(FIELDS, order, strict=True))
        closed = self._why_closed(new["tif"], stop)
        if closed:
            return closed
        if new["expires_ms"] and new["expires_ms"] <= now_ms:
            return "expired"
        if self._is_outside_band(new["price"], stop_price if stop else self.reference, rules):
            return "outside_price_band"
        mine = [each for each in self.open if each["user"] == new["user"]]
        passes_through = stop is None and new["tif"] in ("ioc", "fok")
        return "too_many_open_orders" if not passes_through and len(mine) >= rules[1] else None

    def _why_closed(self, tif: str, stop: str | None) -> str:
        makes_only = tif == "postonly" and stop is None
        passes = self.mode == "open" or (self.mode == "post_only" and makes_only)
        return "" if passes else f"market_{self.mode}"

    def _is_outside_band(self, price: int, middle: int | None, rules: Plain) -> bool:
        band_ppm = rules[0]
        if not band_ppm or middle is None:
            return False
        least = middle * (1_000_000 - band_ppm)
        most = middle * (1_000_000 + band_ppm)
        return not least <= price * 1_000_000 <= most

    # --- looking ------------------------------------------------------------------------------

    def open_ids(self) -> list[str]:
        return [each["order_id"] for each in self.open]

    def queue(self) -> list[Plain]:
        """All bids, then all asks, each as they would trade: (arrival, id, user, side, price, ...)."""
        resting = [each for each in self.open if each["stop"] is None]
        bids = [each for each in resting if each["side"] == "buy"]
        asks = [each for each in resting if each["side"] == "sell"]
        bids.sort(key=lambda each: (-each["price"], each["arrival"]))
        asks.sort(key=lambda each: (each["price"], each["arrival"]))
        names = ("arrival", *FIELDS[:6], "expires_ms", "maker_ppm")
        return [tuple(each[name] for name in names) for each in bids + asks]

    def asleep(self) -> list[Plain]:
        """Stops by arrival: (order, stop, stop price, arrival)."""
        stops = [each for each in self.open if each["stop"] is not None]
        return [(plain(each), each["stop"], each["stop_price"], each["arrival"]) for each in stops]
