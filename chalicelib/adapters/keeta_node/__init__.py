"""The Keeta network, as its representatives show it: one of them, all of them, a staple's way."""

from chalicelib.adapters.keeta_node.landing import landed
from chalicelib.adapters.keeta_node.node import Node
from chalicelib.adapters.keeta_node.publisher import Published, Publisher
from chalicelib.adapters.keeta_node.representatives import Representative, Representatives
from chalicelib.adapters.keeta_node.transport import Patience, Transport, http_client

__all__ = [
    "Node",
    "Patience",
    "Published",
    "Publisher",
    "Representative",
    "Representatives",
    "Transport",
    "http_client",
    "landed",
]
