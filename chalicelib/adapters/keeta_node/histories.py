"""How does a node tell a history, and what if we refuse to read one of its staples?

Legal history holds what we never send and do not read: amounts below zero of old, subnets, votes
with newer extensions. Such a staple becomes an `Unreadable`, so that a follower goes on; only an
answer that is no history at all is an error.
"""

from collections.abc import Iterator

from chalicelib.adapters.keeta_node.answers import Answer
from chalicelib.keeta.errors import KeetaError
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.network import Network
from chalicelib.keeta.staple import read_staple
from chalicelib.settlement.errors import MalformedAnswer
from chalicelib.settlement.told import Entry, HistoryPage, Unreadable


def history_page(answer: Answer, network: Network, start: bytes | None) -> HistoryPage:
    """Raises MalformedAnswer, also for a page that would lead a reader in circles."""
    page = HistoryPage(tuple(_entries(answer["history"].many(), network)))
    ids = [entry.id for entry in page.entries]
    if start in ids or len(set(ids)) < len(ids):
        raise MalformedAnswer("a history that repeats itself")
    return page


def bootstrapped(answer: Answer, network: Network) -> Entry | Unreadable:
    """One staple of those that a node starts from. It has no id beside it."""
    return _read(answer.binary(), network, None, None)


def _entries(rows: list[Answer], network: Network) -> Iterator[Entry | Unreadable]:
    for row in rows:
        id_, moment = row["$id"].hash(), row["$timestamp"].moment()
        yield _read(row["voteStaple"].binary(), network, id_, moment)


def _read(raw: bytes, network: Network, id_: bytes | None, moment: Moment | None) -> Entry | Unreadable:
    try:
        staple = read_staple(raw, network)
    except KeetaError as error:
        return Unreadable(id_ or b"", moment, f"{error.code}: {error.detail}", raw)
    if id_ not in (None, staple.blocks_hash):
        return Unreadable(id_ or b"", moment, "not the staple of this id", raw)
    return Entry(staple.blocks_hash, staple.moment, staple)
