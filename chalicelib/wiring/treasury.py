"""Which parts move coins, given the environment? Each is built on first use; `wiring` owns this one.

Each function gets no more than its keys: building the pool reads the owner key, and building the
settler the operator key; nothing else reads either.
"""

from collections.abc import Mapping
from functools import cached_property

from chalicelib import listing
from chalicelib.adapters.custody_keys import signer
from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.adapters.keeta_node import Publisher
from chalicelib.adapters.keeta_node.chain import KeetaChain
from chalicelib.adapters.keeta_node.configured import representatives
from chalicelib.errors import Unavailable
from chalicelib.flows.custody import table
from chalicelib.flows.custody.assign import Addresses
from chalicelib.flows.custody.lease import Leases
from chalicelib.flows.deposits.credit import Crediting
from chalicelib.flows.deposits.follow import Follower
from chalicelib.flows.ports import Identifiers, Observer, Timer
from chalicelib.flows.proof.reconcile import Reconciler
from chalicelib.flows.runs.drive import Driver
from chalicelib.flows.runs.fill import Bounds, Pool
from chalicelib.flows.runs.grant import Grants
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.ports import Desk, Signer
from chalicelib.flows.runs.positions import Fees, Positions
from chalicelib.flows.runs.settle import Settler
from chalicelib.flows.upkeep.restore.chain import Rescan
from chalicelib.flows.withdrawals.book import AddressBook
from chalicelib.flows.withdrawals.request import Payouts
from chalicelib.keeta.account import Account
from chalicelib.keeta.network import network

FREE_ADDRESSES = 20
ADDRESSES_PER_DAY = 5_000


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

    # --- what needs neither keys nor the network -----------------------------------------------

    @cached_property
    def addresses(self) -> Addresses:
        return Addresses(self.store, self.store, self.timer)

    @cached_property
    def payouts(self) -> Payouts:
        return Payouts(self.store, self.store, self.timer, self.ids, self.book)

    @cached_property
    def book(self) -> AddressBook:
        return AddressBook(self.store, self.store, self.timer)

    @cached_property
    def leases(self) -> Leases:
        return Leases(self.store, self.store, self.timer)

    # --- what needs the network ----------------------------------------------------------------

    @cached_property
    def chain(self) -> KeetaChain:
        """Raises Unavailable where no network is configured."""
        alias = self._environment["CEX_NETWORK"]
        known = representatives(alias, self._environment.get("CEX_KEETA_DESCRIPTION", ""))
        most = int(self._environment.get("CEX_VOTE_FEE_MAX", "0"))
        return KeetaChain(Publisher(known, self.timer.now_ms, {network(alias).base_token: most}))

    def close(self) -> None:
        """Connections to the network end, if there are any."""
        if "chain" in vars(self):
            self.chain.close()

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
        return Rescan(*parts, self._environment.get("CEX_OPERATOR", ""))

    @cached_property
    def reconciler(self) -> Reconciler:
        return Reconciler(self.desk, self.follower, self.assets)

    # --- what needs a key ----------------------------------------------------------------------

    @cached_property
    def operator(self) -> Signer:
        return signer(self._environment.get("CEX_OPERATOR_KEY", ""))

    @cached_property
    def settler(self) -> Settler:
        """Raises Unavailable as long as the pool has not made the treasury."""
        named = self.store.get(table.cursor("treasury"))
        if named is None:
            raise Unavailable("the house's own accounts are not made yet")
        payer = Account.from_address(str(named["address"]))
        driver = Driver(self.desk, [self.operator], payer, self.operator)
        positions = Positions(self.store, self.tokens, self._fees)
        return Settler(self.desk, self.leases, driver, self.books, self.operator, self.tokens, positions)

    @cached_property
    def grants(self) -> Grants:
        """For the drills of an operator who has the owner key."""
        owner = signer(self._environment.get("CEX_OWNER_KEY", ""))
        driver = Driver(self.desk, [owner], owner.account, owner)
        return Grants(self.desk, self.leases, driver, self.books, owner)

    @cached_property
    def pool(self) -> Pool:
        owner = signer(self._environment.get("CEX_OWNER_KEY", ""))
        told = self._environment.get("CEX_OPERATOR", "")
        if not told:
            raise Unavailable("nobody has said who the operator is")
        operator = Account.from_address(told)
        driver = Driver(self.desk, [owner], owner.account, owner)
        free = int(self._environment.get("CEX_FREE_ADDRESSES", FREE_ADDRESSES))
        per_day = int(self._environment.get("CEX_ADDRESSES_PER_DAY", ADDRESSES_PER_DAY))
        return Pool(self.desk, self.leases, driver, self.books, owner, operator, Bounds(free, per_day))
