"""How does a request get to the exchange, and its answer back? Over HTTP alone, as any client's would.

Answers are what the exchange sent, as dictionaries.
"""

import time
from collections.abc import Iterator
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import httpx

Answer = dict[str, Any]

PAGE = 100
LEVELS_MAX = 1_000
TRIES_MAX = 8
PAUSE_SECONDS = 0.5


class Refused(Exception):
    """The exchange said no. `status` is HTTP's number, `code` the stable reason, `field` what was wrong."""

    def __init__(self, status: int, problem: Answer) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status = status
        self.code = str(problem.get("code"))
        self.field = problem.get("field")
        self.problem = problem


class Api:
    """One connection that is kept, and what needs no token. `transport` is for tests."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        # No proxy and no other setting of this machine stands between us and loopback.
        self._http = httpx.Client(base_url=url, transport=transport, trust_env=False, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, jwt: str = "", **query: Any) -> Any:
        """Raises Refused."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._send("GET", path, jwt, repeatable=True, params=given)

    def post(self, path: str, jwt: str = "", repeatable: bool = False, **body: Any) -> Any:
        """Raises Refused. `repeatable`: saying it twice is as good as saying it once."""
        return self._send("POST", path, jwt, repeatable, json=body)

    def market(self, name: str) -> Answer:
        """The terms of one market."""
        listed: list[Answer] = self.get("/markets")["markets"]
        return next(market for market in listed if market["market"] == name)

    def book(self, market: str, levels: int = LEVELS_MAX) -> Answer:
        book: Answer = self.get(f"/markets/{_slug(market)}/book", levels=levels)
        return book

    def trades(self, market: str) -> Iterator[Answer]:
        """All trades, newest first, page after page as they are asked for."""
        return self.pages(f"/markets/{_slug(market)}/trades", "trades")

    def pages(self, path: str, name: str, jwt: str = "") -> Iterator[Answer]:
        before = None
        while True:
            page = self.get(path, jwt, limit=PAGE, before=before)
            yield from page[name]
            before = page["next"]
            if before is None:
                return

    def _send(self, method: str, path: str, jwt: str, repeatable: bool, **request: Any) -> Any:
        headers = {"Authorization": f"Bearer {jwt}"} if jwt else {}
        for attempt in range(1, TRIES_MAX + 1):
            last = attempt == TRIES_MAX
            try:
                answer = self._http.request(method, path, headers=headers, **request)
            except httpx.TransportError:
                if last or not repeatable:
                    raise
            else:
                # 429 is said before anything was done; after 503 nobody knows.
                again = answer.status_code == 429 or (answer.status_code == 503 and repeatable)
                if last or not again:
                    return _read(answer)
            time.sleep(PAUSE_SECONDS)
        return None


def plain(number: Decimal) -> str:
    """Without an exponent, which the exchange would refuse."""
    return format(number, "f")


def _slug(market: str) -> str:
    return market.replace("/", "-")


def _read(answer: httpx.Response) -> Any:
    try:
        body = answer.json()
    except ValueError:
        body = {"code": "no_json", "detail": answer.text[:200]}
    if answer.is_success:
        return body
    raise Refused(answer.status_code, body if isinstance(body, dict) else {"detail": str(body)})
