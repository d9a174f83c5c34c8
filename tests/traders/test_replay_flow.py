"""Is the plain book of the replay a price-time book, and is only a good recording read?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.engine.book import Book
from chalicelib.engine.events import OrderFilled
from chalicelib.engine.order import LimitOrder
from infra.traders.flow import BadFlow, Command, PlainBook, read

HEAD = "ts_ms,op,order_id,side,price_cents,qty_satoshi\n"

ORDERS = st.tuples(
    st.sampled_from(["limit", "limit", "cancel"]),
    st.integers(min_value=0, max_value=30),
    st.sampled_from(["buy", "sell"]),
    st.integers(min_value=95, max_value=105),
    st.integers(min_value=1, max_value=20),
)


@given(st.lists(ORDERS, max_size=60))
def test_the_plain_book_trades_as_the_engine_does(orders):
    plain, book, fills = PlainBook(), Book(), []
    for number, (op, back, side, price, quantity) in enumerate(orders):
        if op == "limit":
            plain.place(str(number), side, price, quantity)
            order = LimitOrder(str(number), side, side, price, quantity, quantity, "gtc")
            events = book.decide(order, 1000)
        else:
            known = str(number - back)
            canceled = book.cancellation(known, "requested")
            assert plain.cancel(known) == (canceled is not None)
            events = [canceled] if canceled else []
        for event in events:
            book.apply(event)
        fills += [(e.price, e.quantity, e.taker_side) for e in events if isinstance(e, OrderFilled)]
    assert plain.fills == fills
    for side in ("buy", "sell"):
        assert plain.levels(side) == book.depth(side, 1000)


def recording(tmp_path, *lines):
    path = tmp_path / "commands.csv"
    path.write_text(HEAD + "".join(line + "\n" for line in lines))
    return path


def test_a_recording_is_read_as_far_as_wanted(tmp_path):
    path = recording(tmp_path, "1,limit,7,buy,100,5", "2,cancel,7,buy,100,0", "3,limit,8,sell,101,6")
    assert read(path) == [
        Command("limit", "7", "buy", 100, 5),
        Command("cancel", "7", "buy", 100, 0),
        Command("limit", "8", "sell", 101, 6),
    ]
    assert len(read(path, 2)) == 2


@pytest.mark.parametrize(
    "line",
    [
        "1,market,7,buy,100,5",
        "1,limit,7,bid,100,5",
        "1,limit,7,buy,1.5,5",
        "1,limit,7,buy,100",
        "",
        "1,limit,6,buy,1,1",
    ],
)
def test_what_is_not_a_command_is_named_by_its_line(tmp_path, line):
    path = recording(tmp_path, "1,limit,6,buy,100,5", line or "x")
    with pytest.raises(BadFlow, match="line 3"):
        read(path)
