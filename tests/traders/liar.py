"""An exchange that lies: the real one, but for what is changed in its good answers."""

import json
from collections.abc import Callable
from typing import Any

import httpx


class Liar(httpx.BaseTransport):
    """`lie` is given the request and the answer's body, and may change the body."""

    def __init__(self, lie: Callable[[httpx.Request, Any], None]) -> None:
        self._honest = httpx.HTTPTransport()
        self._lie = lie

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        found = self._honest.handle_request(request)
        body = json.loads(found.read())
        found.close()
        if found.is_success:
            self._lie(request, body)
        return httpx.Response(found.status_code, json=body)

    def close(self) -> None:
        self._honest.close()
