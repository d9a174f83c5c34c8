"""Which parts make up the exchange, given the environment? Each is built on first use.

    CEX_STAGE    "local", or the name of a deployed stage
    CEX_PREFIX   how the names of our tables and queues begin
    CEX_DOMAIN   whom a login statement and a token are for
    CEX_NETWORK  the Keeta network: main, test, staging or dev
    CEX_SECRETS  file:<path> or secret:<name>; see adapters/secrets
    CEX_KEETA_DESCRIPTION  the file that names the representatives; see adapters/keeta_node/configured
    CEX_OPERATOR      address of the key that may send for our accounts
    CEX_OPERATOR_KEY  file:<path> or secret:<name>; what settles can read it
    CEX_OWNER_KEY     likewise, of the key that owns our accounts; only what makes them can read it
    CEX_FREE_ADDRESSES, CEX_ADDRESSES_PER_DAY  how many wait for users, and how many are made (optional)
    CEX_VOTE_FEE_MAX  the most that one vote may cost, in units of the base token (optional)
    CEX_ORDERS_PER_WINDOW  orders one user may send in ten seconds (optional)

Building a part twice is harmless, so threads of a local server need no lock here. What moves coins
is built in `treasury`.

Imports that stand within a part: it needs signatures, tokens or the network, and whoever does not build
it must not wait until they are loaded. A matcher that starts cold keeps a market waiting.
"""

import os
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from chalicelib import listing
from chalicelib.adapters.dead_letters import DeadLetters
from chalicelib.adapters.dynamo import DynamoStore
from chalicelib.adapters.fees import EarnedFees
from chalicelib.adapters.journal import DynamoJournal
from chalicelib.adapters.orders import DynamoOrders
from chalicelib.adapters.sqs import SqsQueue
from chalicelib.adapters.system import RandomIds, SystemTimer, calm_the_collector
from chalicelib.adapters.telemetry.emf import Meter
from chalicelib.adapters.telemetry.log import LogObserver
from chalicelib.flows.book.view import MarketView
from chalicelib.flows.custody.adjustments import Adjustments
from chalicelib.flows.intake.cancel_all import CancelAlls
from chalicelib.flows.intake.desk import OrderIntake
from chalicelib.flows.intake.rate_limit import RateLimit
from chalicelib.flows.matcher.match import Matcher
from chalicelib.flows.upkeep.clock import Clock
from chalicelib.flows.upkeep.fold import Folder
from chalicelib.flows.upkeep.sweep import Sweeper
from chalicelib.flows.upkeep.volumes import Volumes
from chalicelib.ids import MarketId
from chalicelib.market import Market
from chalicelib.wiring.watched import WatchedIntake

if TYPE_CHECKING:
    from chalicelib.flows.sign_in import SignIn
    from chalicelib.flows.upkeep.restore.restore import Restorer
    from chalicelib.wiring.treasury import Treasury

LOCAL = "local"
ORDERS_PER_WINDOW = 1_000

# A call that hangs is better given up soon and tried again: once at once, later by the queue.
_ATTEMPTS, _TIMEOUT_S, _BACKOFF_S_MAX = 2, 1, 1
CALL_MS_MAX = 1000 * (_ATTEMPTS * _TIMEOUT_S + (_ATTEMPTS - 1) * _BACKOFF_S_MAX)
_AWS = Config(
    connect_timeout=_TIMEOUT_S,
    read_timeout=_TIMEOUT_S,
    retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    max_pool_connections=50,
    tcp_keepalive=True,
)


class Views(Mapping[MarketId, MarketView]):
    """A view of every market, also of a delisted one; a book is loaded when somebody first looks at it."""

    def __init__(self, exchange: "Exchange") -> None:
        self._exchange = exchange
        self._views: dict[MarketId, MarketView] = {}

    def __getitem__(self, market: MarketId) -> MarketView:
        if market not in self._views:
            listed = self._exchange.every_market[market]
            self._views[market] = MarketView(listed, self._exchange.journal, self._exchange.timer)
        return self._views[market]

    def __iter__(self) -> Iterator[MarketId]:
        return iter(self._exchange.every_market)

    def __len__(self) -> int:
        return len(self._exchange.every_market)


class Exchange:
    """The composition root: tests enter by the same door, with an environment of their own."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._matchers: dict[MarketId, Matcher] = {}

    @property
    def stage(self) -> str:
        return self._environment["CEX_STAGE"]

    @property
    def prefix(self) -> str:
        """How the names of its tables and queues begin."""
        return self._environment["CEX_PREFIX"]

    @property
    def network(self) -> str:
        """The alias of the Keeta network."""
        return self._environment["CEX_NETWORK"]

    @cached_property
    def markets(self) -> dict[MarketId, Market]:
        """Where orders are taken."""
        return listing.markets(local=self.stage == LOCAL)

    @cached_property
    def every_market(self) -> dict[MarketId, Market]:
        """Those that are delisted too: what happened there is still read, and counted."""
        return listing.every_market(local=self.stage == LOCAL)

    # --- the outside ------------------------------------------------------------------------

    @cached_property
    def timer(self) -> SystemTimer:
        return SystemTimer()

    @cached_property
    def ids(self) -> RandomIds:
        return RandomIds()

    @cached_property
    def observer(self) -> LogObserver:
        return LogObserver(self.meter)

    @cached_property
    def meter(self) -> Meter:
        return Meter(self.stage)

    @cached_property
    def store(self) -> DynamoStore:
        client = boto3.session.Session().client("dynamodb", config=_AWS)
        return DynamoStore(client, self._environment["CEX_PREFIX"], self.timer)

    @cached_property
    def queue(self) -> SqsQueue:
        client = boto3.session.Session().client("sqs", config=_AWS)
        return SqsQueue(client, self._environment["CEX_PREFIX"])

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """For operators."""
        client = boto3.session.Session().client("sqs", config=_AWS)
        return DeadLetters(client, self._environment["CEX_PREFIX"])

    @cached_property
    def journal(self) -> DynamoJournal:
        return DynamoJournal(self.store)

    @cached_property
    def orders(self) -> DynamoOrders:
        return DynamoOrders(self.store)

    # --- the stories ------------------------------------------------------------------------

    @cached_property
    def sign_in(self) -> "SignIn":
        from chalicelib.adapters.secrets import TokenKeySource  # noqa: PLC0415
        from chalicelib.flows.sign_in import SignIn  # noqa: PLC0415

        domain = self._environment["CEX_DOMAIN"]
        keys = TokenKeySource(self._environment["CEX_SECRETS"], domain)
        return SignIn(domain, self.network, keys, self.store, self.store, self.timer, self.ids)

    @cached_property
    def rate_limit(self) -> RateLimit:
        per_window = int(self._environment.get("CEX_ORDERS_PER_WINDOW", ORDERS_PER_WINDOW))
        return RateLimit(per_window, self.store, self.timer)

    @cached_property
    def intake(self) -> OrderIntake:
        parts = self.store, self.orders, self.store, self.queue, self.timer, self.ids
        return WatchedIntake(self.meter, self.observer, *parts)

    @cached_property
    def cancel_alls(self) -> CancelAlls:
        return CancelAlls(self.queue, self.timer, self.ids)

    @cached_property
    def views(self) -> Views:
        return Views(self)

    @cached_property
    def sweeper(self) -> Sweeper:
        return Sweeper(self.store, self.orders, self.store, self.queue, self.timer)

    @cached_property
    def folder(self) -> Folder:
        return Folder(self.store, self.journal, self.store, self.timer)

    @cached_property
    def clock(self) -> Clock:
        return Clock(self.queue, self.timer)

    @cached_property
    def volumes(self) -> Volumes:
        return Volumes(self.store, self.journal, self.store, self.timer)

    @cached_property
    def adjustments(self) -> Adjustments:
        return Adjustments(self.store, self.store, self.timer, self.ids)

    @cached_property
    def restorer(self) -> "Restorer":
        from chalicelib.flows.upkeep.restore.restore import Restorer  # noqa: PLC0415

        return Restorer(self.store, self.journal, self.store, self.timer, self.every_market)

    @cached_property
    def treasury(self) -> "Treasury":
        """What moves coins, and what shows where they are."""
        from chalicelib.wiring.treasury import Treasury  # noqa: PLC0415

        parts = self.store, self.timer, self.ids, self.observer
        return Treasury(self._environment, *parts, EarnedFees(self.views.values()))

    def matcher(self, market: Market) -> Matcher:
        """The market's matcher, kept warm with its book between runs."""
        if market.id not in self._matchers:
            self._matchers[market.id] = Matcher(
                market, self.journal, self.orders, self.store, self.timer, self.observer
            )
        return self._matchers[market.id]


@cache
def exchange() -> Exchange:
    """The exchange of this process."""
    calm_the_collector()
    return Exchange(os.environ)
