"""From where does a request come, told so that nobody is many by himself?"""

import ipaddress
from typing import Any

# Whoever has one IPv6 address has all of such a network. (RFC 6177)
IPV6_PREFIX = 64


def source_of(request: Any) -> str:
    """The network that the gateway was asked from; no header of the client changes it."""
    return network_of(str((request.context.get("identity") or {}).get("sourceIp", "")))


def network_of(source: str) -> str:
    """What one holder of an IP address has: the address itself, or its IPv6 network."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)
