"""What is a treasury in a test? Its real parts over a store in memory and a real local Keeta network.

Time is the machine's, shifted together with the network's. A `Treasury` is one process; another
one over the same store knows what was saved and nothing else.
"""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.adapters.custody_keys import signer
from chalicelib.errors import WriteContention
from chalicelib.flows import schema
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import Role
from chalicelib.flows.custody.adjust import credit
from chalicelib.flows.custody.posting import Total, custody_units, total
from chalicelib.flows.custody.reach import address_of
from chalicelib.flows.plan import Plan
from chalicelib.flows.records.wallets import Balance, balances
from chalicelib.flows.schema import Key
from chalicelib.flows.upkeep.audit import audit
from chalicelib.flows.withdrawals.record import Withdrawal
from chalicelib.flows.withdrawals.request import PayoutRequest
from chalicelib.ids import UserId
from chalicelib.keeta.account import Account
from chalicelib.keeta.signature import PrivateKey
from chalicelib.listing import PAYOUTS
from chalicelib.money import Amount
from chalicelib.wiring.treasury import Treasury
from infra.local.keeta.controls import Controls
from infra.local.keeta.process import LocalNetwork
from tests.flows.clock import CountedIds, Notebook
from tests.flows.memory import MemoryStore
from tests.keeta_node.world import World as Network
from tests.keeta_node.world import new_key

VISIT_MS = 20_000


@dataclass
class Clock:
    """The machine's time, and how far the test has moved it. Nobody really waits."""

    offset_ms: int = 0
    paused: list[int] = field(default_factory=list)

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.offset_ms

    def pause(self, ms: int) -> None:
        self.paused.append(ms)

    def jitter(self, ms: int) -> int:
        return ms


class NoFees:
    """`units` are what the house has earned by trading."""

    def __init__(self) -> None:
        self.units: dict[str, int] = {}

    def earned(self) -> Mapping[str, int]:
        return self.units


class House:
    """One exchange that has never been used, on a network that others use too."""

    def __init__(
        self, network: LocalNetwork, outside: Network, directory: Path, free: int = 3, store: Any = None
    ) -> None:
        self.outside = outside
        self.controls = Controls(network)
        self.clock = Clock(outside.offset_ms)
        self.store: Any = store or MemoryStore()
        self.ids = CountedIds()
        self.notebook = Notebook()
        self.fees = NoFees()
        self.directory = directory
        description = directory / "network.json"
        description.write_text(json.dumps(network.description))
        for name in ("owner", "operator"):
            if not (directory / f"{name}.json").exists():
                self.new_key(name)
        self.environment = {
            "CEX_NETWORK": "dev",
            "CEX_DOMAIN": "localhost",
            "CEX_KEETA_DESCRIPTION": str(description),
            "CEX_OWNER_KEY": f"file:{directory}/owner.json",
            "CEX_OPERATOR_KEY": f"file:{directory}/operator.json",
            "CEX_FREE_ADDRESSES": str(free),
            "CEX_VOTE_FEE_MAX": "1000",
        }
        # Units that the operator's key should be able to send at most, where they are not as listed.
        self.limits: dict[str, int] = {}
        self._processes: list[Treasury] = []
        self.treasury = self.new_process()

    def new_key(self, name: str) -> None:
        path = self.directory / f"{name}.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps({"type": "ED25519", "seed": secrets.token_hex(32)}))

    def new_process(self) -> Treasury:
        operator = signer(self.environment["CEX_OPERATOR_KEY"]).account.address
        environment = {**self.environment, "CEX_OPERATOR": operator}
        store: Any = self.store
        made = Treasury(environment, store, self.clock, self.ids, self.notebook, self.fees)
        made.limits |= self.limits
        self._processes.append(made)
        return made

    def limit(self, **units: int) -> None:
        """From now on the operator's key should be able to send so much of each asset at most."""
        self.limits |= units
        self.restart()

    def restart(self) -> None:
        self.treasury = self.new_process()

    def close(self) -> None:
        for process in self._processes:
            process.close()

    def shift(self, offset_ms: int) -> None:
        """Let everybody believe that it is later."""
        self.outside.shift(self.controls, offset_ms)
        self.clock.offset_ms = offset_ms

    # --- what the cloud does ------------------------------------------------------------------

    @property
    def deadline_ms(self) -> int:
        return self.clock.now_ms() + VISIT_MS

    def fill(self) -> int:
        return self.treasury.pool.visit(self.deadline_ms)

    def follow(self) -> int:
        """How many credits were posted."""
        return self.treasury.follower.visit(self.deadline_ms).total()

    def pay_out(self) -> Any:
        return self.treasury.settler.visit(self.deadline_ms)

    def settle(self) -> Any:
        return self.treasury.settler.visit(self.deadline_ms, netting=True)

    def reconcile(self) -> Any:
        return self.treasury.reconciler.visit(self.deadline_ms)

    # --- what users do ------------------------------------------------------------------------

    def user(self) -> UserId:
        return UserId(new_key().account.address)

    def own(self, role: Role) -> str:
        """The address of the house's account of that role."""
        return address_of(self.store, role)

    def reach(self, asset: str) -> int:
        """What really lies where the operator's key may send it from."""
        far = (self.own("vault"), self.own("owner"))
        return sum(self.chain(at).get(asset, 0) for at in self.addresses() if at not in far)

    def address(self, user: UserId) -> str:
        return self.treasury.addresses.of(user)

    def deposit(self, user: UserId, asset: str, units: int) -> None:
        """Somebody outside pays to the user's address."""
        to = Account.from_address(self.address(user))
        self.outside.fund([to], units, self.outside.token(asset))

    def rich(self, **units: int) -> UserId:
        """A new user, whose deposits are credited."""
        user = self.user()
        for asset, each in units.items():
            self.deposit(user, asset, each)
        self.follow()
        return user

    def ask(self, user: UserId, asset: str, units: int, to: Account, client_id: str = "") -> Withdrawal:
        request = PayoutRequest(PAYOUTS[asset], units, to.address, client_id)
        return self.treasury.payouts.request(user, request)

    # --- what a test looks at -----------------------------------------------------------------

    def withdrawal(self, found: Withdrawal) -> Withdrawal:
        return self.treasury.payouts.get(found.user, found.id)

    def balance(self, user: str, asset: str) -> Balance:
        found = {each.asset: each for each in balances(self.store.get(schema.wallet(user)))}
        return found.get(asset, Balance(asset, 0, 0))

    def total(self, asset: str) -> Total:
        return total(self.store.get(table.total(asset)))

    def books(self, address: str) -> dict[str, int]:
        return custody_units(self.store.get(table.custody_account(address)))

    def chain(self, address: str) -> dict[str, int]:
        """What really lies there, of listed tokens."""
        state = self.outside.representatives.account(Account.from_address(address))
        assets = self.treasury.assets
        return {assets[token]: units for token, units in state.balances if token in assets and units}

    def addresses(self) -> list[str]:
        items = self.store.scan(schema.CUSTODY)
        return [str(item["pk"]) for item in items if item["sk"] == table.ACCOUNT_SK and "role" in item]

    def differences(self) -> list[Any]:
        """Of the audit, and of the books against the chain."""
        report = audit(self.store, _NoJournal(), {}, self.clock.now_ms())  # type: ignore[arg-type]
        found: list[Any] = list(report.differences)
        found += [
            (address, self.books(address), self.chain(address))
            for address in self.addresses()
            if self.books(address) != self.chain(address)
        ]
        return found

    def key(self, name: str) -> PrivateKey:
        return signer(self.environment[f"CEX_{name.upper()}_KEY"])._key


def trade(house: House, seller: str, buyer: str, asset: str, units: int) -> None:
    """As a fill does: the chain is not touched. Two adjustments, so that an audit can explain it."""
    for user, sign in ((seller, -1), (buyer, 1)):
        amount = Amount(asset, sign * units)
        house.store.commit(credit(UserId(user), amount, house.ids.uuid(), house.clock.now_ms()))


def writes_without_a_pause(house: House, user: UserId, item: Key) -> None:
    """As long as his gate is open, nobody else can write this item of his."""
    commit = house.store.commit

    def contended(plan: Plan) -> None:
        places = tuple(at for at, write in enumerate(plan) if write.key == item)
        gate = house.store.get(schema.gate(user)) or {}
        if places and int(str(gate.get("until_ms", 0))) < house.clock.now_ms():
            raise WriteContention("he was faster once more", places)
        commit(plan)

    house.store.commit = contended


class _NoJournal:
    """No market trades here."""
