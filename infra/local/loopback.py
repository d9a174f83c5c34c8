"""How does one part of the stack call another over plain HTTP? Never through a proxy."""

import http.client
import urllib.request

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def answers(url: str) -> bool:
    """Whether a GET is answered well."""
    try:
        with _opener.open(url, timeout=5) as answer:
            return int(answer.status) == 200
    except (OSError, http.client.HTTPException):
        return False


def post(url: str, body: bytes, headers: dict[str, str]) -> None:
    """Raises urllib.error.URLError."""
    with _opener.open(urllib.request.Request(url, body, headers), timeout=5):
        pass
