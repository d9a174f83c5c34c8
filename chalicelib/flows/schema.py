"""Which tables exist, and how is each key spelled? The only file that spells one.

Every table has a partition key `pk` and a sort key `sk`, both text.

    accounts  pk = user address   W                      wallet: available and held of every asset
                                  O#<order>              order
                                  A#<command>            amendment: what was held for a replace
                                  L#<ms>#<market>#<n>    ledger entry; for a fill it is the fill
                                  V#<market>             volume of the last days, for the fee tier
                                  GATE                   until when the wallet is kept quiet
                                  D#<ms>#<hash>#<n>      deposit
                                  P#<withdrawal>         withdrawal
                                  Y#<ms>#<withdrawal>    the same, in the order of time
                                  ADDRESS                where the user deposits
                                  PAYOUT                 freeze and other controls of withdrawals
                                  B#<address>            a destination of the user's address book
                                  DAY#<day>              what was asked to be paid out on a day
    markets   pk = BASE/QUOTE     J#<seq>                journal entry
                                  S#<generation>#<n>     snapshot chunk
                                  SNAPSHOT               pointer to the newest snapshot
                                  SWEEP                  minute up to which every order is settled
                                  VOLUMES                journal entry up to which volumes are counted
                          X#<order>              an order that could not be ended
    auth      pk = C#<address>    <slot of time>         open challenge of a known key
              pk = N#<nonce>      CHALLENGE              open challenge of a key not yet known
              pk = X#<token id>   REVOKED                a token that was logged out
              pk = R#<address>    <window>               requests counted in a window of time
              pk = S#<network>    ADDRESSES#<day>        deposit addresses given to users who came from there
    custody   pk = ACTION         <ms>#<action>          something an operator did; for others
                                                         see flows/custody/table
    lobby     what the function that faces the internet may write of money that travels: likewise
"""

import zlib
from typing import NamedTuple

from chalicelib.ids import CommandId, MarketId, OrderId, UserId
from chalicelib.market import Market

ACCOUNTS = "accounts"
MARKETS = "markets"
AUTH = "auth"
CUSTODY = "custody"
LOBBY = "lobby"

# Items of `auth` carry the second at which they may be forgotten.
EXPIRES = "expires"


class Key(NamedTuple):
    table: str
    pk: str
    sk: str


class Index(NamedTuple):
    """A keys-only index. Its attributes are written once, so later updates cost it nothing."""

    name: str
    pk: str
    sk: str


class Table(NamedTuple):
    name: str
    indexes: tuple[Index, ...] = ()
    ttl: str | None = None


BY_USER = Index("by_user", pk="owner", sk="created_id")
BY_MINUTE = Index("by_minute", pk="market_minute", sk="created_id")

TABLES = (
    Table(ACCOUNTS, indexes=(BY_USER, BY_MINUTE)),
    Table(MARKETS),
    Table(AUTH, ttl=EXPIRES),
    Table(CUSTODY),
    Table(LOBBY),
)

# --- accounts ---------------------------------------------------------------------------

ORDER_PREFIX = "O#"
AMENDMENT_PREFIX = "A#"
ENTRY_PREFIX = "L#"
VOLUME_PREFIX = "V#"
WALLET_SK = "W"
DEPOSIT_PREFIX = "D#"
WITHDRAWAL_PREFIX = "P#"
ASKED_PREFIX = "Y#"
BOOK_PREFIX = "B#"


def wallet(user: str) -> Key:
    return Key(ACCOUNTS, user, WALLET_SK)


def available_attribute(asset: str) -> str:
    return "a_" + asset


def held_attribute(asset: str) -> str:
    return "h_" + asset


def order(user: UserId, order_id: OrderId) -> Key:
    return Key(ACCOUNTS, user, ORDER_PREFIX + order_id)


def amendment(user: UserId, command: CommandId) -> Key:
    return Key(ACCOUNTS, user, AMENDMENT_PREFIX + command)


def volume(user: UserId, market: MarketId) -> Key:
    return Key(ACCOUNTS, user, VOLUME_PREFIX + market)


# What `created_id` makes of an order; it is the cursor of a list of orders.
CREATED_ID_PATTERN = r"[0-9]{13}#[a-z2-7]{26}"


def created_id(created_ms: int, order_id: str) -> str:
    return f"{created_ms:013d}#{order_id}"


# One key of an index takes a thousand writes a second. So the orders of a minute stand under several.
MINUTE_PARTS = 8


def minute_part(name: str) -> int:
    """Which of them: by the name of the order, or of the command that amends one."""
    return zlib.crc32(name.encode()) % MINUTE_PARTS


def market_minute(market: MarketId, minute: int, part: int) -> str:
    return f"{market}#{minute}#{part}"


# The sort key of any ledger entry; it is the cursor of a list of them.
ENTRY_PATTERN = ENTRY_PREFIX + r"[0-9]{13}#[A-Za-z0-9/#_.:-]{1,120}"


def fill_entry(user: UserId, time_ms: int, market: MarketId, seq: int, position: int) -> Key:
    """`seq` is the journal entry's, `position` counts the ledger entries within it."""
    return Key(ACCOUNTS, user, f"{ENTRY_PREFIX}{time_ms:013d}#{market}#{seq:012d}#{position:03d}")


def credit_entry(user: UserId, time_ms: int, credit_id: str) -> Key:
    return Key(ACCOUNTS, user, f"{ENTRY_PREFIX}{time_ms:013d}#credit#{credit_id}")


def money_entry(user: UserId, time_ms: int, kind: str, id_: str) -> Key:
    """The ledger entry of a deposit, a withdrawal or an adjustment."""
    return Key(ACCOUNTS, user, f"{ENTRY_PREFIX}{time_ms:013d}#{kind}#{id_}")


def gate(user: UserId) -> Key:
    return Key(ACCOUNTS, user, "GATE")


def deposit(user: UserId, time_ms: int, block: str, operation: int) -> Key:
    return Key(ACCOUNTS, user, f"{DEPOSIT_PREFIX}{time_ms:013d}#{block}#{operation:05d}")


def withdrawal(user: UserId, withdrawal_id: str) -> Key:
    return Key(ACCOUNTS, user, WITHDRAWAL_PREFIX + withdrawal_id)


def asked_withdrawal(user: UserId, created_ms: int, withdrawal_id: str) -> Key:
    return Key(ACCOUNTS, user, f"{ASKED_PREFIX}{created_ms:013d}#{withdrawal_id}")


def deposit_address(user: UserId) -> Key:
    return Key(ACCOUNTS, user, "ADDRESS")


def payout_controls(user: UserId) -> Key:
    return Key(ACCOUNTS, user, "PAYOUT")


def book_entry(user: UserId, address: str) -> Key:
    return Key(ACCOUNTS, user, BOOK_PREFIX + address)


def asked_of_user(user: UserId, day: int) -> Key:
    return Key(ACCOUNTS, user, f"DAY#{day:06d}")


# --- markets ----------------------------------------------------------------------------

JOURNAL_PREFIX = "J#"
# Sorts after every journal entry: the open end of a range.
JOURNAL_END = "J#:"


def journal_entry(market: MarketId, seq: int) -> Key:
    return Key(MARKETS, market, f"{JOURNAL_PREFIX}{seq:012d}")


def snapshot_chunk(market: MarketId, generation: int, chunk: int) -> Key:
    return Key(MARKETS, market, f"S#{generation:013d}#{chunk:05d}")


def snapshot_pointer(market: MarketId) -> Key:
    return Key(MARKETS, market, "SNAPSHOT")


def sweep_cursor(market: MarketId) -> Key:
    return Key(MARKETS, market, "SWEEP")


STRANDED_PREFIX = "X#"


def stranded(market: MarketId, order_id: OrderId) -> Key:
    return Key(MARKETS, market, STRANDED_PREFIX + order_id)


def volume_cursor(market: MarketId) -> Key:
    return Key(MARKETS, market, "VOLUMES")


# --- auth -------------------------------------------------------------------------------


def challenge(address: UserId, slot: int) -> Key:
    return Key(AUTH, f"C#{address}", f"{slot:010d}")


def unnamed_challenge(nonce: str) -> Key:
    return Key(AUTH, f"N#{nonce}", "CHALLENGE")


def revoked_token(token_id: str) -> Key:
    return Key(AUTH, f"X#{token_id}", "REVOKED")


def request_window(user: UserId, window: int) -> Key:
    return Key(AUTH, f"R#{user}", str(window))


def addresses_of_source(network: str, day: int) -> Key:
    return Key(AUTH, f"S#{network}", f"ADDRESSES#{day:06d}")


# --- custody ----------------------------------------------------------------------------


def action(time_ms: int, action_id: str) -> Key:
    return Key(CUSTODY, "ACTION", f"{time_ms:013d}#{action_id}")


# --- names outside the tables -------------------------------------------------------------


def table_name(prefix: str, table: str) -> str:
    return f"{prefix}-{table}"


def queue_name(prefix: str, market: Market) -> str:
    return f"{prefix}-{market.slug}.fifo"


def dead_letter_queue_name(prefix: str, market: Market) -> str:
    return f"{prefix}-{market.slug}-dead.fifo"


def schedule_dead_letter_queue_name(prefix: str) -> str:
    """Of all scheduled functions together."""
    return f"{prefix}-schedules-dead"


def matcher_name(market: Market) -> str:
    """The Lambda of a market, and the attribute of `app` that Lambda looks it up by."""
    return "matcher_" + market.slug.replace("-", "_")
