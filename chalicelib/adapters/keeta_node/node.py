"""What can one representative be asked?

Whatever comes back is checked against what was asked: its form, the account, the hash. Whether it
is true is not this module's matter. Every method raises KeetaNodeError; `vote` and `publish` are
sent once, the rest a few times.
(Keeta protocol: node API, SDK `Client`.)
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from urllib.parse import quote as percent

from chalicelib.adapters.keeta_node import histories
from chalicelib.adapters.keeta_node.answers import Answer
from chalicelib.adapters.keeta_node.states import account_state, grant, representative_info
from chalicelib.adapters.keeta_node.transport import Transport
from chalicelib.keeta.account import Account
from chalicelib.keeta.acl import Grant
from chalicelib.keeta.blocks import Block
from chalicelib.keeta.moment import Moment, iso
from chalicelib.keeta.network import Network
from chalicelib.keeta.staple import Staple, compress
from chalicelib.keeta.votes import Vote
from chalicelib.settlement.errors import MalformedAnswer
from chalicelib.settlement.told import (
    AccountState,
    ChainPage,
    Entry,
    Head,
    HistoryPage,
    RepresentativeInfo,
    Side,
    Unreadable,
)

# What the SDK asks for; a node may give less.
PAGE_MAX = 200
# A URL ends at 8 KiB and an address has up to 69 characters.
ACCOUNTS_MAX = 100


class Node:
    def __init__(self, network: Network, transport: Transport) -> None:
        self.network = network
        self._transport = transport

    # --- asking for something to be done ----------------------------------------------------

    def vote(self, blocks: Sequence[Block], votes: Sequence[Vote] = (), quote: Vote | None = None) -> Vote:
        """A vote for these blocks: permanent when temporary ones are shown, else temporary."""
        body: dict[str, object] = {"blocks": _texts(blocks)}
        if votes:
            body["votes"] = _texts(votes)
        if quote is not None:
            body["quote"] = _text(quote.raw)
        return self._transport.post("/vote", body)["vote"].vote()

    def quote(self, blocks: Sequence[Block]) -> Vote:
        """What a vote for these blocks would cost; holds five minutes."""
        return self._transport.post("/vote/quote", {"blocks": _texts(blocks)})["quote"].quote()

    def publish(self, staple: Staple) -> bool:
        """True: it says the staple is applied there. False: parked until a predecessor comes."""
        body = {"votesAndBlocks": _text(compress(staple))}
        return self._transport.post("/node/publish", body)["publish"].flag()

    # --- votes and blocks -------------------------------------------------------------------

    def votes(self, block: bytes, side: Side) -> tuple[Vote, ...]:
        """The votes it holds for the block with this hash; none when it knows none."""
        answer = self._transport.get(f"/vote/{_hex(block)}", {"side": side.value})
        _expect(answer["blockhash"].hash() == block, "votes for another block")
        found = answer.maybe("votes")
        votes = tuple(each.vote() for each in found.many()) if found else ()
        _expect(all(block in vote.blocks for vote in votes), "a vote for other blocks")
        return votes

    def block(self, hash_: bytes, side: Side = Side.MAIN) -> Block | None:
        answer = self._transport.get(f"/node/ledger/block/{_hex(hash_)}", {"side": side.value})
        block = self._maybe_block(answer, "block")
        _expect(block is None or block.hash == hash_, "another block")
        return block

    def successor(self, previous: bytes) -> Block | None:
        """The block that has landed after this one, or after an account's opening hash."""
        answer = self._transport.get(f"/node/ledger/block/{_hex(previous)}/successor")
        block = self._maybe_block(answer, "successorBlock")
        _expect(block is None or block.body.previous == previous, "the successor of another block")
        return block

    # --- accounts ---------------------------------------------------------------------------

    def account(self, account: Account) -> AccountState:
        return account_state(self._transport.get(_path(account)), account)

    def accounts(self, accounts: Sequence[Account]) -> tuple[AccountState, ...]:
        """In the order of `accounts`, however many they are."""
        states: list[AccountState] = []
        for start in range(0, len(accounts), ACCOUNTS_MAX):
            part = accounts[start : start + ACCOUNTS_MAX]
            path = "/node/ledger/accounts/" + percent(",".join(each.address for each in part), safe="")
            found = self._transport.get(path).many()
            _expect(len(found) == len(part), "more accounts than asked for, or fewer")
            states += [account_state(answer, each) for answer, each in zip(found, part, strict=True)]
        return tuple(states)

    def head(self, account: Account) -> Head:
        answer = self._transport.get(_path(account, "/head"))
        block = self._own_block(answer, account)
        height = answer.maybe("height")
        return Head(block, height.number() if height else None)

    def pending(self, account: Account) -> Block | None:
        """What it has promised to let follow the account's head."""
        return self._own_block(self._transport.get(_path(account, "/pending")), account)

    def idempotent(self, account: Account, key: bytes, side: Side = Side.MAIN) -> Block | None:
        """The account's block with this idempotent key."""
        path = _path(account, "/idempotent/" + percent(_text(key), safe=""))
        block = self._maybe_block(self._transport.get(path, {"side": side.value}), "block")
        own = block is None or (block.body.account, block.body.idempotent) == (account, key)
        _expect(own, "a block with another key")
        return block

    def chain(
        self,
        account: Account,
        start: bytes | None = None,
        end: bytes | None = None,
        limit: int = PAGE_MAX,
    ) -> ChainPage:
        """Blocks newest first, from `start` (the head if None) to `end`, both included."""
        query = {"start": _hex(start) if start else "HEAD", "limit": str(limit)}
        if end is not None:
            query["end"] = _hex(end)
        answer = self._transport.get(_path(account, "/chain"), query)
        blocks = tuple(each["block"].block(self.network) for each in answer["blocks"].many())
        next_ = answer.maybe("nextKey")
        page = ChainPage(blocks, next_.hash() if next_ else None)
        _check_chain(page, account, start)
        return page

    def acl(self, principal: Account, entities: Iterable[Account] = ()) -> tuple[Grant, ...]:
        """What this account may do to others, or to these alone."""
        wanted = percent(",".join(each.address for each in entities), safe="")
        rows = self._grants(_path(principal, "/acl" + (f"/{wanted}" if wanted else "")))
        _expect(all(row.principal == principal for row in rows), "permissions of another account")
        return rows

    def granted(self, entity: Account) -> tuple[Grant, ...]:
        """What others may do to this account."""
        rows = self._grants(_path(entity, "/acl/granted"))
        _expect(all(row.entity == entity for row in rows), "permissions on another account")
        return rows

    # --- histories and the node itself ------------------------------------------------------

    def history(
        self, account: Account | None, start: bytes | None = None, limit: int = PAGE_MAX
    ) -> HistoryPage:
        """Staples that touched the account (None: the whole network), newest first, older than `start`."""
        path = "/node/ledger/history" if account is None else _path(account, "/history")
        query = {"limit": str(limit)} | ({"start": _hex(start)} if start else {})
        return histories.history_page(self._transport.get(path, query), self.network, start)

    def bootstrap_votes(self, start: Moment, limit: int = PAGE_MAX) -> tuple[Entry | Unreadable, ...]:
        """Staples of the whole network since a moment, oldest first."""
        query = {"start": iso(start), "limit": str(limit)}
        answer = self._transport.get("/node/bootstrap/votes", query)
        return tuple(histories.bootstrapped(each, self.network) for each in answer["voteStaples"].many())

    def representatives(self) -> tuple[RepresentativeInfo, ...]:
        answer = self._transport.get("/node/ledger/representatives")
        return tuple(map(representative_info, answer["representatives"].many()))

    def version(self) -> str:
        return self._transport.get("/node/version")["node"].text()

    def _grants(self, path: str) -> tuple[Grant, ...]:
        return tuple(map(grant, self._transport.get(path)["permissions"].many()))

    def _own_block(self, answer: Answer, account: Account) -> Block | None:
        _expect(answer["account"].account() == account, "another account")
        block = self._maybe_block(answer, "block")
        _expect(block is None or block.body.account == account, "a block of another account")
        return block

    def _maybe_block(self, answer: Answer, key: str) -> Block | None:
        answer[key]
        found = answer.maybe(key)
        return found.block(self.network) if found else None


def _check_chain(page: ChainPage, account: Account, start: bytes | None) -> None:
    blocks = page.blocks
    _expect(all(block.body.account == account for block in blocks), "a block of another account")
    _expect(start is None or not blocks or blocks[0].hash == start, "a chain from another block")
    wanted = [block.body.previous for block in blocks]
    given = [*(block.hash for block in blocks[1:]), *([page.next] if page.next else [])]
    _expect(wanted[: len(given)] == given, "blocks that do not follow each other")


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise MalformedAnswer(f"answered with {otherwise}")


def _path(account: Account, rest: str = "") -> str:
    return f"/node/ledger/account/{account.address}{rest}"


def _hex(hash_: bytes) -> str:
    return hash_.hex().upper()


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()


def _texts(things: Sequence[Block] | Sequence[Vote]) -> list[str]:
    return [_text(each.raw) for each in things]
