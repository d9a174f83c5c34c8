"""When was everything netted last, and is it time again?

Payouts and the settlement take one lease, and whoever comes second goes away. Started in the same second, it
can always be the settlement; so payouts net too, once that was long ago.
"""

from chalicelib.flows.custody import table
from chalicelib.flows.plan import Put
from chalicelib.flows.ports import Reader, Timer, Writer

CURSOR = "netting"
# The settlement comes every ten minutes, and may miss one.
DUE_MS = 25 * 60_000


class Nettings:
    def __init__(self, reader: Reader, writer: Writer, timer: Timer) -> None:
        self._reader = reader
        self._writer = writer
        self._timer = timer

    def is_due(self) -> bool:
        """Where nobody has netted yet, time counts from the first question."""
        since_ms = self.last_ms()
        if not since_ms:
            self.done()
            return False
        return self._timer.now_ms() - since_ms >= DUE_MS

    def done(self) -> None:
        self._writer.commit((Put(table.cursor(CURSOR), {"at_ms": self._timer.now_ms()}),))

    def last_ms(self) -> int:
        """0 if there was none yet."""
        return int(str((self._reader.get(table.cursor(CURSOR)) or {}).get("at_ms", 0)))
