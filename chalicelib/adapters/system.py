"""Where do time, chance and log lines come from?"""

import json
import random
import sys
import time
import uuid


class SystemTimer:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def pause(self, ms: int) -> None:
        time.sleep(ms / 1000)

    def jitter(self, ms: int) -> int:
        return random.randint(0, ms)


class RandomIds:
    def uuid(self) -> str:
        return str(uuid.uuid4())


class LogObserver:
    """One JSON line each on standard output, where Lambda's log group picks it up."""

    def note(self, event: str, **fields: str | int) -> None:
        self._line("INFO", event, fields)

    def alarm(self, event: str, **fields: str | int) -> None:
        self._line("ALARM", event, fields)

    def _line(self, level: str, event: str, fields: dict[str, str | int]) -> None:
        sys.stdout.write(json.dumps({"level": level, "event": event, **fields}) + "\n")
        sys.stdout.flush()
