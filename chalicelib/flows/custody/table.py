"""How is each key of the tables `custody` and `lobby` spelled? The others stand in flows/schema.

The function that faces the internet writes to `lobby` and only reads `custody`
(docs/decisions/21-the-lobby.md). In `custody`:

<address>      ACCOUNT                a Keeta account of ours, and what lies there
T#<asset>      TOTAL                  both sides of the books at one cut
LEASE#<slot>   LEASE                  who may sign, the run in flight, stops
RUN#<slot>     <number>               a run
OWN#<hash>     BLOCK                  a block that we signed
X#<hash>       <operation>            a credit that was posted or set aside
MADE           <day>                  how many addresses were made on a day
NOTE#<kind>    <text>                 what a person must look at
CURSOR         <name>                 how far somebody has come
REPORT         <ms>                   reconciliations
ADJUST         <id>                   changes of what a user has, asked for by one and approved by another

In `lobby`:

FREE           <address>              addresses that wait for a user
ROLL           <address>              addresses that have one, and whom
RETIRED        <address>              addresses that nobody gets any more
QUEUE          <ms>#<withdrawal>      withdrawals that may be planned
APPROVAL       <ms>#<withdrawal>      withdrawals that wait for people
DAY#<day>      <asset>#<part>         what all users asked for on a day
"""

import zlib

from chalicelib.flows.schema import CUSTODY, LOBBY, Key

ACCOUNT_SK = "ACCOUNT"
TOTAL_PREFIX = "T#"
TOTAL_SK = "TOTAL"
RUN_PREFIX = "RUN#"
CREDIT_PREFIX = "X#"
ADJUSTMENTS = "ADJUST"

# An item takes some twenty transactions a second before they are in each other's way.
DAY_PARTS = 8


def custody_account(address: str) -> Key:
    return Key(CUSTODY, address, ACCOUNT_SK)


def total(asset: str) -> Key:
    return Key(CUSTODY, TOTAL_PREFIX + asset, TOTAL_SK)


def lease(slot: str) -> Key:
    return Key(CUSTODY, f"LEASE#{slot}", "LEASE")


def stop_attribute(asset: str) -> str:
    """Above zero while nothing of this asset may be signed; `asset` may be ALL."""
    return "stop_" + asset


def run(slot: str, number: int) -> Key:
    return Key(CUSTODY, RUN_PREFIX + slot, f"{number:012d}")


def own_block(block: str) -> Key:
    return Key(CUSTODY, f"OWN#{block}", "BLOCK")


def posted_credit(block: str, operation: int) -> Key:
    return Key(CUSTODY, CREDIT_PREFIX + block, f"{operation:05d}")


def free_address(address: str) -> Key:
    return Key(LOBBY, "FREE", address)


def rolled_address(address: str) -> Key:
    return Key(LOBBY, "ROLL", address)


def retired_address(address: str) -> Key:
    return Key(LOBBY, "RETIRED", address)


def queued_withdrawal(queued_id: str) -> Key:
    return Key(LOBBY, "QUEUE", queued_id)


def unapproved_withdrawal(queued_id: str) -> Key:
    return Key(LOBBY, "APPROVAL", queued_id)


def asked_of_all(day: int, asset: str, part: int) -> Key:
    return Key(LOBBY, f"DAY#{day:06d}", f"{asset}#{part}")


def day_part(withdrawal_id: str) -> int:
    return zlib.crc32(withdrawal_id.encode()) % DAY_PARTS


def made_addresses(day: int) -> Key:
    return Key(CUSTODY, "MADE", f"{day:06d}")


def hash_of_own(pk: str) -> str:
    return pk.removeprefix("OWN#")


def note(kind: str, name: str) -> Key:
    return Key(CUSTODY, f"NOTE#{kind}", name)


def cursor(name: str) -> Key:
    return Key(CUSTODY, "CURSOR", name)


def report(time_ms: int) -> Key:
    return Key(CUSTODY, "REPORT", f"{time_ms:013d}")


def adjustment(id_: str) -> Key:
    return Key(CUSTODY, ADJUSTMENTS, id_)
