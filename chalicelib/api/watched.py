"""What is seen of every request? Its id, how long it took, and why it was refused.

Never what stands in its headers or in its body: tokens and signatures come in there.
"""

import traceback
from collections.abc import Callable
from typing import Any

from chalice.app import Response

from chalicelib.adapters.telemetry import trace
from chalicelib.adapters.telemetry.emf import Measure
from chalicelib.api.problems import code_of, is_foreseen
from chalicelib.wiring import exchange

REQUEST_ID_HEADER = "X-Request-Id"
FUNCTION = "api"


def watched(request: Any, route: str, answered: Callable[[], Response]) -> Response:
    """The answer, with the request's id in a header. Whoever asks us about it names that id."""
    house = exchange()
    began_ms = house.timer.now_ms()
    request_id = _request_id(request)
    with trace.within(function=FUNCTION, **{trace.REQUEST_ID: request_id}):
        response = answered()
        took_ms, code = house.timer.now_ms() - began_ms, code_of(response)
        house.observer.note("answered", route=route, status=response.status_code, code=code, ms=took_ms)
        house.meter.measure(
            Measure("RequestMs", took_ms), *([Measure("RequestsRefused", 1, (code,))] if code else [])
        )
    response.headers[REQUEST_ID_HEADER] = request_id
    return response


def tell(error: Exception) -> None:
    """What went wrong, for us: a client is told less of it."""
    if is_foreseen(error):
        exchange().observer.note("refused", code=error.code, reason=error.detail)
    else:
        reason = "".join(traceback.format_exception(error))
        exchange().observer.alarm("unforeseen_error", reason=reason)


def _request_id(request: Any) -> str:
    """The gateway's, which stands in its access log too; a client can not choose it."""
    return str(request.context.get("requestId") or exchange().ids.uuid())
