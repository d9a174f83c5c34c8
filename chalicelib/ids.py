"""What is each thing called, and how does its name derive from what it belongs to?

An id that is derived is the same whenever the same request is made again; that is what
makes a repeated request harmless.
"""

import base64
import hashlib
from typing import NewType

UserId = NewType("UserId", str)  # the canonical Keeta address
OrderId = NewType("OrderId", str)
CommandId = NewType("CommandId", str)
MarketId = NewType("MarketId", str)  # "BASE/QUOTE"


def _derive(kind: str, *parts: str) -> str:
    """128 bits as 26 lower-case base32 characters. Parts are length-prefixed: no two lists collide."""
    text = "".join(f"{len(part)}:{part}" for part in (kind, *parts))
    digest = hashlib.sha256(text.encode()).digest()[:16]
    return base64.b32encode(digest).decode().rstrip("=").lower()


def order_id_from_client(user: UserId, client_order_id: str) -> OrderId:
    """The order that this user's own id names, in whatever market."""
    return OrderId(_derive("order/client", user, client_order_id))


def order_id_from_request(user: UserId, request_id: str) -> OrderId:
    """The order of a request that brought no client id."""
    return OrderId(_derive("order/request", user, request_id))


def withdrawal_id_from_client(user: UserId, client_id: str) -> str:
    """The withdrawal that this user's own id names."""
    return _derive("withdrawal/client", user, client_id)


def withdrawal_id_from_request(user: UserId, request_id: str) -> str:
    """The withdrawal of a request that brought no id."""
    return _derive("withdrawal/request", user, request_id)


def place_command(order: OrderId) -> CommandId:
    """An order is placed once, so its id is enough to name the command."""
    return CommandId(f"p-{order}")


def cancel_command(order: OrderId, request_id: str) -> CommandId:
    """Each cancel request is a command of its own: the first one may come too early."""
    return CommandId(f"c-{_derive('cancel', order, request_id)}")


def reduce_command(order: OrderId, request_id: str) -> CommandId:
    return CommandId(f"d-{_derive('reduce', order, request_id)}")


def replace_command(order: OrderId, request_id: str) -> CommandId:
    return CommandId(f"r-{_derive('replace', order, request_id)}")


def cancel_all_command(user: UserId, market: MarketId, request_id: str) -> CommandId:
    return CommandId(f"a-{_derive('cancel all', user, market, request_id)}")


def timer_command(user: UserId, market: MarketId, request_id: str) -> CommandId:
    return CommandId(f"s-{_derive('timer', user, market, request_id)}")


def tick_command(market: MarketId, due_ms: int) -> CommandId:
    """One for each moment at which something is due, however often somebody notices."""
    return CommandId(f"t-{_derive('tick', market, str(due_ms))}")


def expire_replace_command(replace: CommandId, round_id: str) -> CommandId:
    return CommandId(f"x-{_derive('expire replace', replace, round_id)}")


def message_id(commands: list[CommandId]) -> str:
    """What a queue knows a message by: the same commands are the same message."""
    return commands[0] if len(commands) == 1 else f"b-{_derive('batch', *commands)}"


def expire_command(order: OrderId, round_id: str) -> CommandId:
    """The sweeper's command; a new one in each round, so that the queue does not swallow it."""
    return CommandId(f"e-{_derive('expire', order, round_id)}")
