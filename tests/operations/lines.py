"""What did the processes of the day say? Every line of JSON that they and the commands wrote."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.operations.desk import eventually


class Lines:
    """Of all logs in a directory, in no order between them."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs

    def all(self) -> Iterator[dict[str, Any]]:
        for log in sorted(self._logs.glob("*.log")):
            for line in log.read_text(errors="replace").splitlines():
                if line.startswith("{") and line.endswith("}"):
                    try:
                        yield json.loads(line)
                    except ValueError:
                        continue  # two processes wrote at once

    def alarms(self, name: str, **fields: object) -> list[dict[str, Any]]:
        """Those of this name, with these fields."""
        return [
            line
            for line in self.all()
            if line.get("level") in ("ALARM", "ERROR")
            and name in (line.get("event"), line.get("message"))
            and all(line.get(key) == value for key, value in fields.items())
        ]

    def wait_for_alarm(self, name: str, **fields: object) -> dict[str, Any]:
        """Raises Unexpected."""
        found: list[dict[str, Any]] = eventually(f"alarm {name}", lambda: self.alarms(name, **fields))
        return found[-1]

    def save(self, path: Path) -> int:
        """One line each, for whoever compares them with dashboards and alarms. How many."""
        lines = [json.dumps(line) for line in self.all()]
        path.write_text("\n".join(lines) + "\n")
        return len(lines)
