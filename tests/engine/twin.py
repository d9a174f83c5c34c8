"""What would a book do that anybody can check by reading it once?

One list of dictionaries, searched from end to end at every step. It shares nothing with
the engine, not even its names: events are tuples that begin with their stored name.
"""

from typing import Any


class Twin:
    """A slow, obvious order book."""

    def __init__(self) -> None:
        self.waiting: list[dict[str, Any]] = []  # in the order of their arrival
        self.next_seq = 1
        self.next_trade_id = 1
        self.last_price: int | None = None
        self.halted: str | None = None
        self.unfinished: tuple[Any, ...] | None = None

    def place(self, order: tuple[Any, ...], fills_max: int, avoid: str | None) -> list[tuple[Any, ...]]:
        """`order` is (order id, user, side, price, quantity, remaining, time in force)."""
        order_id, user, side, price, quantity, remaining, tif = order
        self.unfinished = None
        events: list[tuple[Any, ...]] = []
        while remaining > 0:
            maker = self._best_maker(side, price)
            if maker is None:
                break
            if tif == "postonly":
                reason = "post_only_would_cross"
                return [self._event("rejected", order_id, user, side, price, remaining, reason)]
            if maker["user"] == user:
                events.append(self._event("canceled", order_id, user, side, price, remaining, "self_trade"))
                return events
            if len(events) == fills_max or maker["user"] == avoid:
                self.unfinished = (order_id, user, side, price, quantity, remaining, tif)
                events.append(self._event("continues", *self.unfinished))
                return events
            traded = min(maker["remaining"], remaining)
            remaining -= traded
            events.append(self._trade(maker, traded, order_id, user, side, remaining))
        if remaining > 0 and tif == "ioc":
            events.append(self._event("canceled", order_id, user, side, price, remaining, "ioc_remainder"))
        elif remaining > 0:
            events.append(self._rest(order_id, user, side, price, quantity, remaining))
        return events

    def cancel(self, order_id: str) -> list[tuple[Any, ...]]:
        for order in self.waiting:
            if order["order_id"] == order_id:
                self.waiting.remove(order)
                parts = [order[name] for name in ("order_id", "user", "side", "price", "remaining")]
                return [self._event("canceled", *parts, "requested")]
        return []

    def refuse(self, order: tuple[Any, ...], reason: str) -> list[tuple[Any, ...]]:
        order_id, user, side, price, _, remaining, _ = order
        return [self._event("rejected", order_id, user, side, price, remaining, reason)]

    def switch(self, halted: str | None) -> list[tuple[Any, ...]]:
        self.halted = halted
        return [self._event("resumed", "checked") if halted is None else self._event("halted", halted)]

    def queue(self) -> list[tuple[Any, ...]]:
        """All bids, then all asks, each as they would trade: (arrival, id, user, side, price, ...)."""
        bids = [order for order in self.waiting if order["side"] == "buy"]
        asks = [order for order in self.waiting if order["side"] == "sell"]
        bids.sort(key=lambda order: (-order["price"], order["arrival"]))
        asks.sort(key=lambda order: (order["price"], order["arrival"]))
        return [tuple(order.values()) for order in bids + asks]

    def _best_maker(self, side: str, limit: int) -> dict[str, Any] | None:
        if side == "buy":
            asks = [order for order in self.waiting if order["side"] == "sell" and order["price"] <= limit]
            return min(asks, key=lambda order: (order["price"], order["arrival"]), default=None)
        bids = [order for order in self.waiting if order["side"] == "buy" and order["price"] >= limit]
        return min(bids, key=lambda order: (-order["price"], order["arrival"]), default=None)

    def _trade(
        self, maker: dict[str, Any], traded: int, taker_id: str, taker: str, side: str, remaining: int
    ) -> tuple[Any, ...]:
        maker["remaining"] -= traded
        if maker["remaining"] == 0:
            self.waiting.remove(maker)
        trade_id = self.next_trade_id
        self.next_trade_id += 1
        self.last_price = maker["price"]
        sides = (maker["order_id"], maker["user"], taker_id, taker, side)
        return self._event("filled", trade_id, *sides, maker["price"], traded, maker["remaining"], remaining)

    def _rest(
        self, order_id: str, user: str, side: str, price: int, quantity: int, remaining: int
    ) -> tuple[Any, ...]:
        event = self._event("rested", order_id, user, side, price, quantity, remaining)
        self.waiting.append(
            {
                "arrival": event[1],
                "order_id": order_id,
                "user": user,
                "side": side,
                "price": price,
                "quantity": quantity,
                "remaining": remaining,
            }
        )
        return event

    def _event(self, name: str, *parts: Any) -> tuple[Any, ...]:
        seq = self.next_seq
        self.next_seq += 1
        return (name, seq, *parts)
