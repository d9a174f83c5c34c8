"""On which ports does the stack listen? The same ones each time, or the next ones that are free."""

import random
import socket
from typing import NamedTuple

HOST = "127.0.0.1"
# Fewer than lie between two of the fixed ones.
TRIES_MAX = 10
_NEVER_OUTGOING = range(10_000, 32_000)


class Ports(NamedTuple):
    api: int
    dynamodb: int
    sqs: int
    keeta: int

    def url(self, port: int) -> str:
        return f"http://{HOST}:{port}"


# `.chalice/config.json` names these too, so that `chalice local` finds the stores.
FIXED = Ports(api=8400, dynamodb=8410, sqs=8420, keeta=8430)


class NoFreePort(Exception):
    pass


def fixed_or_next() -> Ports:
    return Ports(*(_first_free(wanted) for wanted in FIXED))


def any_free() -> Ports:
    """For tests: ports that were free a moment ago, and that no outgoing connection takes meanwhile.

    The system gives those the numbers from 32768 or higher: a part that is about to listen there, or
    that is being started again, would find its number in use.
    """
    numbers: list[int] = []
    while len(numbers) < len(Ports._fields):
        number = random.choice(_NEVER_OUTGOING)
        if number not in numbers and _is_free(number):
            numbers.append(number)
    return Ports(*numbers)


def listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _first_free(wanted: int) -> int:
    for port in range(wanted, wanted + TRIES_MAX):
        if _is_free(port):
            return port
    raise NoFreePort(f"no free port from {wanted} to {wanted + TRIES_MAX - 1}")


def _is_free(port: int) -> bool:
    # Both: a listener on all interfaces does not stop a bind to one address on every system.
    if listening(port):
        return False
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True
