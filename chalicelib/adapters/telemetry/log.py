"""How do notes and alarms become log lines? One JSON object each, with whom it was done for.

An alarm is also counted, by its kind: that is what wakes somebody (infra/cloud/alarms.py).
"""

import sys
from typing import IO, cast

from aws_lambda_powertools.logging import Logger

from chalicelib.adapters.telemetry import trace
from chalicelib.adapters.telemetry.alarms import ALARMS, page
from chalicelib.adapters.telemetry.emf import OTHER, Measure, Meter
from chalicelib.adapters.telemetry.stdout import Stdout

SERVICE = "keeta-cex"

Field = str | int | list[str]


class LogObserver:
    """`Observer` of the flows. Fields are ids, codes, counts and reasons; never what somebody signed with."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        # Every line is written here, so where it is written says nothing.
        self._logger = Logger(SERVICE, level="INFO", location=None, utc=True, stream=cast(IO[str], Stdout()))

    def note(self, event: str, **fields: Field) -> None:
        self._logger.info(event, extra={**trace.context(), **fields})

    def alarm(self, event: str, **fields: Field) -> None:
        bug = sys.exc_info()[0] is not None  # then the line has its traceback, too
        self._logger.error(event, exc_info=bug, extra={**trace.context(), **fields, "runbook": page(event)})
        self._meter.measure(Measure("Alarms", 1, (event if event in ALARMS else OTHER,)))
