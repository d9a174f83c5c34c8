"""Which Keeta networks are there, and what are their fixed addresses?

An address does not tell its network and a key is the same on all of them; only the id
inside a block does. (Keeta protocol: SDK `Config`, `Account.generateNetworkAddress`,
`Account.generateBaseAddresses`.)
"""

from dataclasses import dataclass
from functools import cached_property

from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.errors import UnknownNetwork
from chalicelib.keeta.identifier import from_seed, identifier, opening_hash


@dataclass(frozen=True)
class Network:
    """`network_id` is the number inside every block."""

    alias: str
    network_id: int

    @cached_property
    def address(self) -> Account:
        """The account that holds the network's default permissions."""
        return from_seed(self.network_id.to_bytes(32, "big"), 0, KeyType.NETWORK)

    @cached_property
    def base_token(self) -> Account:
        """KTA: what fees are paid in, and whose balances are voting weight."""
        return identifier(self.address, opening_hash(self.address), 0, KeyType.TOKEN)


MAIN = Network("main", 0x5382)
TEST = Network("test", 0x54455354)
STAGING = Network("staging", 0x538201)
DEV = Network("dev", 0x444556)

NETWORKS = {network.alias: network for network in (MAIN, TEST, STAGING, DEV)}
_BY_ID = {network.network_id: network for network in NETWORKS.values()}


def network(alias: str) -> Network:
    """Raises UnknownNetwork."""
    try:
        return NETWORKS[alias]
    except KeyError:
        raise UnknownNetwork("no such Keeta network") from None


def network_of(network_id: int) -> Network:
    """Raises UnknownNetwork."""
    try:
        return _BY_ID[network_id]
    except KeyError:
        raise UnknownNetwork("no such Keeta network") from None
