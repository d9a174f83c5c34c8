"""Which parts move coins, given the environment? Each is built on first use; `wiring` owns this one.

Each function gets no more than its keys: building the pool reads the owner key, and building the
settler the operator key; nothing else reads either.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib import listing
from chalicelib.adapters.custody_keys import signer
from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.errors import Unavailable
from chalicelib.flows.custody.assign import Addresses
from chalicelib.flows.custody.lease import Leases
from chalicelib.flows.custody.nettings import Nettings
from chalicelib.flows.custody.reach import address_of
from chalicelib.flows.deposits.credit import Crediting
from chalicelib.flows.deposits.follow import Follower
from chalicelib.flows.ports import Identifiers, Observer, Timer
from chalicelib.flows.proof.ages import ages, free_addresses, staples_left
from chalicelib.flows.proof.reconcile import Reconciler
from chalicelib.flows.proof.weights import compare
from chalicelib.flows.runs.aside import Aside
from chalicelib.flows.runs.drill import Drill
from chalicelib.flows.runs.drive import Driver
from chalicelib.flows.runs.ending import Ending
from chalicelib.flows.runs.fill import Bounds, Pool
from chalicelib.flows.runs.grant import Grants
from chalicelib.flows.runs.isolate import Isolation
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.legs import Legs
from chalicelib.flows.runs.overtaken import Overtaken
from chalicelib.flows.runs.places import Places
from chalicelib.flows.runs.planning import Planner
from chalicelib.flows.runs.ports import Desk, Signer
from chalicelib.flows.runs.positions import Fees, Positions
from chalicelib.flows.runs.refill import Refill
from chalicelib.flows.runs.resolve import Resolver
from chalicelib.flows.runs.settle import Settler
from chalicelib.flows.runs.signing import Signing
from chalicelib.flows.upkeep.restore.chain import Rescan
from chalicelib.flows.withdrawals.book import AddressBook
from chalicelib.flows.withdrawals.consent import Place
from chalicelib.flows.withdrawals.request import Payouts
from chalicelib.keeta.account import Account
from chalicelib.keeta.network import network

if TYPE_CHECKING:
    from chalicelib.adapters.keeta_node.chain import KeetaChain

FREE_ADDRESSES = 20
ADDRESSES_PER_DAY = 5_000
# A household, an office, or those who share a provider's address on one day.
ADDRESSES_PER_SOURCE = 25


class Treasury:
    def __init__(
        self,
        environment: Mapping[str, str],
        store: DynamoStore,
        timer: Timer,
        ids: Identifiers,
        observer: Observer,
        fees: Fees,
    ) -> None:
        self._environment = environment
        self.store = store
        self.timer = timer
        self.ids = ids
        self.observer = observer
        self._fees = fees

    @cached_property
    def tokens(self) -> dict[str, Account]:
        """The token account of each asset that can be deposited and paid out here."""
        found = listing.tokens(self._environment["CEX_NETWORK"])
        return {symbol: Account.from_address(address) for symbol, address in found.items()}

    @cached_property
    def assets(self) -> dict[Account, str]:
        return {account: symbol for symbol, account in self.tokens.items()}

    @cached_property
    def limits(self) -> dict[str, int]:
        """Units that the operator's key should be able to send at most."""
        return {symbol: listing.PAYOUTS[symbol].reach_units for symbol in self.tokens}

    # --- what needs neither keys nor the network -----------------------------------------------

    @cached_property
    def addresses(self) -> Addresses:
        per_source = int(self._environment.get("CEX_ADDRESSES_PER_SOURCE", ADDRESSES_PER_SOURCE))
        return Addresses(self.store, self.store, self.timer, per_source)

    @cached_property
    def payouts(self) -> Payouts:
        place = Place(self._environment["CEX_DOMAIN"], self._environment["CEX_NETWORK"])
        keys = frozenset({self.operator_address} - {""})
        return Payouts(self.store, self.store, self.timer, self.ids, self.book, place, keys)

    @property
    def operator_address(self) -> str:
        """Of the key that sends for us now; "" as long as nobody has said it."""
        return self._environment.get("CEX_OPERATOR", "")

    @cached_property
    def book(self) -> AddressBook:
        return AddressBook(self.store, self.store, self.timer)

    @cached_property
    def leases(self) -> Leases:
        return Leases(self.store, self.store, self.timer)

    @cached_property
    def nettings(self) -> Nettings:
        return Nettings(self.store, self.store, self.timer)

    # --- what needs the network ----------------------------------------------------------------

    @cached_property
    def chain(self) -> "KeetaChain":
        """Raises Unavailable where no network is configured."""
        # Here, so that no user of the API waits until an HTTP client is loaded that he has no use for.
        from chalicelib.adapters.keeta_node import Publisher  # noqa: PLC0415
        from chalicelib.adapters.keeta_node.chain import KeetaChain  # noqa: PLC0415
        from chalicelib.adapters.keeta_node.configured import representatives  # noqa: PLC0415

        alias = self._environment["CEX_NETWORK"]
        known = representatives(alias, self._environment.get("CEX_KEETA_DESCRIPTION", ""))
        fees = {network(alias).base_token: self._vote_fee_max}
        return KeetaChain(Publisher(known, self.timer.now_ms, fees))

    def close(self) -> None:
        """Connections to the network end, if there are any."""
        if "chain" in vars(self):
            self.chain.close()

    def ages(self) -> Mapping[str, int]:
        """How long each part stands still, in ms."""
        return ages(self.store, self.timer.now_ms())

    def free_addresses(self) -> int:
        return free_addresses(self.store)

    def staples_left(self) -> Mapping[str, int]:
        """How many staples each payer can still pay at the most that a vote may cost; nothing where votes are
        free. Raises Unavailable."""
        price = self._vote_fee_max * len(self.chain.weights)
        asset = self.assets[network(self._environment["CEX_NETWORK"]).base_token]
        return staples_left(self.store, asset, price) if price else {}

    def weight_drift(self) -> int:
        """How far the network's weights are from ours, in a thousand. Raises KeetaNodeError, Unavailable."""
        return compare(self.chain, self.observer)

    @cached_property
    def desk(self) -> Desk:
        return Desk(self.chain, self.store, self.store, self.timer, self.observer)

    @cached_property
    def books(self) -> Books:
        return Books(self.desk, self.assets)

    @cached_property
    def follower(self) -> Follower:
        return Follower(self.desk, self.chain, Crediting(self.desk, self.assets))

    @cached_property
    def rescan(self) -> Rescan:
        """For an operator who has restored a backup."""
        parts = self.desk, self.chain, self.leases, self.follower, self.books, self.assets
        return Rescan(*parts, self.operator_address)

    @cached_property
    def reconciler(self) -> Reconciler:
        return Reconciler(self.desk, self.leases, self.follower, self.assets, self.limits)

    # --- what needs a key ----------------------------------------------------------------------

    @cached_property
    def operator(self) -> Signer:
        return signer(self._environment.get("CEX_OPERATOR_KEY", ""))

    @cached_property
    def settler(self) -> Settler:
        """Raises Unavailable as long as the pool has not made the treasury."""
        driver = Driver(self.desk, self.assets, [self.operator], self._payer, self.operator)
        aside = Aside(self.desk, self.books)
        legs = Legs(self.desk, self.operator.account, self.tokens)
        isolation = Isolation(self.desk, legs, self.assets, aside)
        overtaken = Overtaken(self.desk, legs, isolation)
        signing = Signing(self.desk, self.operator, self.tokens)
        planner = Planner(self.desk, Positions(self.store, self.tokens, self._fees), legs, self.limits)
        return Settler(
            self.desk,
            self.leases,
            driver,
            self.books,
            signing,
            legs,
            isolation,
            overtaken,
            planner,
            aside,
        )

    @cached_property
    def owner(self) -> Signer:
        return signer(self._environment.get("CEX_OWNER_KEY", ""))

    @cached_property
    def drill(self) -> Drill:
        """For an operator who has the owner key. The owner's account pays, as for the pool: the treasury is
        within the operator's reach."""
        driver = Driver(self.desk, self.assets, [self.owner], self.owner.account, self.owner)
        return Drill(self.desk, self.leases, driver, self.books, self.owner)

    @cached_property
    def grants(self) -> Grants:
        return Grants(self.desk, self.drill)

    @cached_property
    def places(self) -> Places:
        return Places(self.desk, self.drill)

    @cached_property
    def ending(self) -> Ending:
        """For a run that is refused, with no leg to blame."""
        return Ending(self.desk, self.leases, self.books, Aside(self.desk, self.books))

    @cached_property
    def resolver(self) -> Resolver:
        """For a run that met another's block."""
        return Resolver(self.desk, self.leases, self.books)

    @cached_property
    def refill(self) -> Refill:
        """Likewise, and raises Unavailable as long as there is no vault. The treasury pays."""
        driver = Driver(self.desk, self.assets, [self.owner], self._payer, self.owner)
        return Refill(self.desk, self.leases, driver, self.books, self.owner)

    @cached_property
    def pool(self) -> Pool:
        told = self.operator_address
        if not told:
            raise Unavailable("nobody has said who the operator is")
        operator = Account.from_address(told)
        free = int(self._environment.get("CEX_FREE_ADDRESSES", FREE_ADDRESSES))
        per_day = int(self._environment.get("CEX_ADDRESSES_PER_DAY", ADDRESSES_PER_DAY))
        return Pool(
            self.desk,
            self.leases,
            Driver(self.desk, self.assets, [self.owner], self.owner.account, self.owner),
            self.books,
            self.owner,
            operator,
            Bounds(free, per_day),
        )

    @property
    def _vote_fee_max(self) -> int:
        return int(self._environment.get("CEX_VOTE_FEE_MAX", "0"))

    @property
    def _payer(self) -> Account:
        address = address_of(self.store, "treasury")
        if not address:
            raise Unavailable("the house's own accounts are not made yet")
        return Account.from_address(address)
