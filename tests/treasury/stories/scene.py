"""What has a story in its hands? One exchange, and those outside, whom all exchanges share."""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from chalicelib.adapters.custody_keys import signer
from chalicelib.flows import schema
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.blocks import Block
from chalicelib.settlement.publishing import Publishing
from tests.keeta_node.world import World as Network
from tests.treasury.calls import Calls
from tests.treasury.test_faults import run_in_flight
from tests.treasury.world import House

# So old are blocks that nobody votes for any more.
OLD_MS = 8 * 60_000


class Died(BaseException):
    """The end of a worker, at a place that a story chooses."""


class Scene:
    def __init__(self, house: House, name: str, lock: Path) -> None:
        self.house = house
        self.calls = Calls()
        self._name = name
        self._lock = lock

    @contextmanager
    def outside(self) -> Iterator[Network]:
        """Whoever does something there is alone: blocks of the faucet, and of issuers, follow each other."""
        with self._lock.open("a") as held, self.calls.of_others():
            fcntl.flock(held, fcntl.LOCK_EX)
            yield self.house.outside

    # --- users --------------------------------------------------------------------------------

    def user(self, name: str) -> UserId:
        return UserId(Account(KeyType.ED25519, name.encode().ljust(32, b".")).address)

    def home(self, name: str) -> Account:
        return Account.from_address(self.house.address(self.user(name)))

    def fund(self, names: Sequence[str], asset: str, units: int) -> None:
        """Somebody pays so much to each of these users; it is credited when it is followed."""
        homes = [self.home(name) for name in names]
        with self.outside() as outside:
            outside.fund(homes, units, outside.token(asset))

    def to(self, client_id: str) -> Account:
        """Where the withdrawal of that name goes to: another one for each of each story."""
        return Account(KeyType.ED25519, sha256(f"{client_id} {self._name}".encode()).digest())

    def ask(self, name: str, asset: str, units: int, client_id: str) -> None:
        """As often as one likes: it is asked for once."""
        self.house.ask(self.user(name), asset, units, self.to(client_id), client_id)

    def withdrawals(self) -> dict[str, Withdrawal]:
        """All that were asked for, by the clients' names for them."""
        items = self.house.store.scan(schema.ACCOUNTS)
        found = [each for each in items if str(each["sk"]).startswith(schema.WITHDRAWAL_PREFIX)]
        return {each.client_id: each for each in map(Withdrawal.from_item, found)}

    # --- what operators keep ------------------------------------------------------------------

    def keep(self, name: str, words: str) -> None:
        (self.house.directory / name).write_text(words)

    def kept(self, name: str) -> str:
        return (self.house.directory / name).read_text()

    @property
    def is_switched(self) -> bool:
        """Whether the functions have the next operator key."""
        return not (self.house.directory / "next.json").exists()

    @property
    def next_key(self) -> Account:
        return signer(f"file:{self.house.directory}/next.json").account

    def switch(self) -> None:
        """From now on the operator's key is the one made as "next"."""
        if not self.is_switched:
            (self.house.directory / "next.json").replace(self.house.directory / "operator.json")
            self.house.restart()

    # --- workers ------------------------------------------------------------------------------

    def signed_by_one_who_died(self, ago_ms: int = 0) -> tuple[Block, ...]:
        """A settlement that was signed and that nobody has voted for. The blocks."""
        house, known = self.house, list[Publishing]()

        def dies(publishing: Publishing) -> Publishing:
            known.append(publishing)
            raise Died

        house.clock.offset_ms -= ago_ms
        house.treasury.chain.ask_temporary = dies  # type: ignore[method-assign]
        with suppress(Died):
            house.pay_out()
        house.clock.offset_ms += ago_ms
        house.restart()
        assert run_in_flight(house).own == {block.hash.hex() for block in known[0].all_blocks}
        return known[0].blocks
