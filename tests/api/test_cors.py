"""Can a page of any origin read what it is answered?"""

from tests.api.world import World


def test_good_and_bad_answers_can_be_read_by_any_page(shared_world: World) -> None:
    place = shared_world.post("/orders/place", {})
    for answer in (shared_world.get("/markets"), shared_world.get("/balances"), place):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_no_page_may_send_what_the_browser_knows_of_its_user(shared_world: World) -> None:
    """Who asks is in the token, which a page has to put there itself; cookies would be another matter."""
    assert "Access-Control-Allow-Credentials" not in shared_world.get("/markets").headers
