"""Is a derived id the same for the same request, another for any other, and of one form?"""

import re

from hypothesis import given
from hypothesis import strategies as st

from chalicelib import ids
from chalicelib.api import values
from chalicelib.ids import OrderId, UserId

words = st.text(max_size=30)
users = words.map(UserId)


@given(users, words)
def test_an_order_id_is_26_letters_and_digits_that_the_api_reads(user: UserId, name: str) -> None:
    for order_id in (ids.order_id_from_client(user, name), ids.order_id_from_request(user, name)):
        assert re.fullmatch("[a-z2-7]{26}", order_id)
        assert values.order_id(order_id) == order_id


@given(users, words, users, words)
def test_the_same_request_is_the_same_order_and_any_other_is_another(
    user: UserId, name: str, other_user: UserId, other_name: str
) -> None:
    for derive in (ids.order_id_from_client, ids.order_id_from_request):
        same = derive(user, name) == derive(other_user, other_name)
        assert same == ((user, name) == (other_user, other_name))


@given(words, words, words)
def test_where_one_part_ends_and_the_next_begins_matters(one: str, two: str, three: str) -> None:
    left = ids.order_id_from_client(UserId(one + two), three)
    right = ids.order_id_from_client(UserId(one), two + three)
    assert (left == right) == (not two)


@given(users, words)
def test_a_clients_name_never_meets_a_request_of_ours(user: UserId, name: str) -> None:
    assert ids.order_id_from_client(user, name) != ids.order_id_from_request(user, name)


@given(words.map(OrderId), words, words)
def test_an_order_is_placed_once_but_canceled_and_swept_as_often_as_asked(
    order: OrderId, one: str, two: str
) -> None:
    assert ids.place_command(order) == ids.place_command(order)
    for command in (ids.cancel_command, ids.expire_command):
        assert (command(order, one) == command(order, two)) == (one == two)
    assert (
        len({ids.place_command(order), ids.cancel_command(order, one), ids.expire_command(order, one)}) == 3
    )


@given(words.map(OrderId), words)
def test_a_command_id_is_one_that_the_queue_can_tell_apart(order: OrderId, request: str) -> None:
    """SQS takes up to 128 characters as a deduplication id."""
    real = ids.order_id_from_request(UserId(order), request)
    for command in (
        ids.place_command(real),
        ids.cancel_command(real, request),
        ids.expire_command(real, request),
    ):
        assert re.fullmatch("[a-z0-9-]{1,128}", command)


def test_known_ids_stay_what_they_are() -> None:
    """They are stored; a change here would make a repeated request a new order."""
    assert ids.order_id_from_client(UserId("keeta_a"), "1") == "ytg2xlp4flxhm3acazujmuphde"
    assert ids.order_id_from_request(UserId("keeta_a"), "1") == "5iy5jmuololzorexeswmhx7iai"
