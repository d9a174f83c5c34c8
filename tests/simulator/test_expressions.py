"""Does an expression mean what DynamoDB's guide says, and is everything else refused?"""

import pytest

from chalicelib.adapters.expressions import request
from chalicelib.flows import schema
from chalicelib.flows.plan import Absent, AtLeast, AtMost, Condition, Equals, OneOf, Present, Put, Update
from chalicelib.flows.schema import Key

from .services.expressions import Invalid, Terms, Wire, condition, holds, update, updated

KEY = Key(schema.ACCOUNTS, "ann", "W")
ITEM: dict[str, Wire] = {
    "pk": {"S": "ann"},
    "sk": {"S": "W"},
    "n": {"N": "10"},
    "s": {"S": "10"},
    "b": {"B": b"\0"},
}


@pytest.mark.parametrize(
    ("asked", "with_item", "without"),
    [
        (Absent(), False, True),
        (Present(), True, False),
        (Equals("n", 10), True, False),
        (Equals("n", 9), False, False),
        (Equals("n", "10"), False, False),
        (Equals("b", b"\0"), True, False),
        (AtLeast("n", 9), True, False),
        (AtLeast("n", 11), False, False),
        (AtLeast("s", 1), False, False),
        (AtLeast("missing", -1), False, False),
        (AtMost("n", 9), False, True),
        (AtMost("n", 10), True, True),
        (AtMost("missing", 0), True, True),
        (AtMost("s", 99), False, True),
        (OneOf("s", ("9", "10")), True, False),
        (OneOf("s", ("9",)), False, False),
    ],
)
def test_a_condition_of_a_plan_holds_as_the_plan_means_it(
    asked: Condition, with_item: bool, without: bool
) -> None:
    arguments = request(Put(KEY, {}, require=(asked,)), "sim")
    node = condition(arguments["ConditionExpression"])
    assert holds(node, ITEM, Terms(arguments)) == with_item
    assert holds(node, None, Terms(arguments)) == without


def test_all_conditions_of_a_write_must_hold() -> None:
    arguments = request(Put(KEY, {}, require=(Equals("n", 10), AtMost("n", 3))), "sim")
    assert not holds(condition(arguments["ConditionExpression"]), ITEM, Terms(arguments))


def test_an_update_of_a_plan_sets_and_adds() -> None:
    arguments = request(Update(KEY, set={"s": "new"}, add={"n": -3, "more": 4}), "sim")
    after = updated(update(arguments["UpdateExpression"]), ITEM, Terms(arguments))
    assert after == {**ITEM, "s": {"S": "new"}, "n": {"N": "7"}, "more": {"N": "4"}}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#0 = ",
        "#0 = :0 AND",
        "#0 == :0",
        "#0 <> :0",
        "#0 < :0",
        "NOT #0 = :0",
        "(#0 = :0",
        "#0 = :0)",
        "#0 IN :0",
        "#0 BETWEEN :0",
        "size(#0) = :0",
        "begins_with(#0, :0)",
        "attribute_exists #0",
        ":0 = #0",
        "#0 = #1",
        "#0 = :0 #1 = :1",
        "#0.a = :0",
        "a-b = :0",
    ],
)
def test_a_condition_that_we_do_not_use_is_refused(text: str) -> None:
    terms = Terms(
        {"ExpressionAttributeNames": {"#0": "n", "#1": "s"}, "ExpressionAttributeValues": {":0": {"N": "1"}}}
    )
    with pytest.raises(Invalid):
        holds(condition(text), ITEM, terms)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SET",
        "SET #0",
        "SET #0 = #1",
        "SET #0 = #0 + :0",
        "SET #0 = :0 SET #1 = :0",
        "REMOVE #0",
        "ADD #0 = :0",
    ],
)
def test_an_update_that_we_do_not_use_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        update(text)


@pytest.mark.parametrize(
    "text",
    [
        "SET #0 = :0, #0 = :1",
        "SET #0 = :0 ADD #0 :1",
        "SET #p = :0",
        "ADD #s :0",
        "SET status = :0",
        "SET #9 = :0",
    ],
)
def test_an_update_that_can_not_be_is_refused(text: str) -> None:
    terms = Terms(
        {
            "ExpressionAttributeNames": {"#0": "n", "#p": "pk", "#s": "s"},
            "ExpressionAttributeValues": {":0": {"N": "1"}, ":1": {"N": "2"}},
        }
    )
    with pytest.raises(Invalid):
        updated(update(text), ITEM, terms)


def test_names_and_values_that_nobody_uses_are_refused() -> None:
    terms = Terms({"ExpressionAttributeNames": {"#0": "n"}, "ExpressionAttributeValues": {":1": {"N": "1"}}})
    with pytest.raises(Invalid):
        terms.require(condition("pk = :1"))
