"""How can two books be compared by one number, without reading them?

The digest of a book is the sum, over its orders, of remaining x weight modulo 2**64. One that
sleeps counts with its stop price, one that has a budget like so many lots. A fill or a cancel
therefore changes it by one multiplication. A weight is odd, so that one wrong quantity always
shows; it is scattered, so that several wrong ones which cancel each other out do not come
about by accident. It guards against mistakes, not against forgery.
"""

DIGEST_MODULUS = 2**64

# Odd numbers without a pattern: 2**64 divided by the golden ratio, and a prime as large.
_SCATTER_ARRIVAL = 0x9E3779B97F4A7C15
_SCATTER_PRICE = 0xC2B2AE3D27D4EB4F


def weight(arrival: int, price: int) -> int:
    """What one lot counts of an order that came `arrival`-th and waits at `price`. Odd.

    Own arithmetic, not hash(): a stored digest must mean the same to every Python.
    """
    scattered = arrival * _SCATTER_ARRIVAL ^ price * _SCATTER_PRICE
    return scattered * (scattered >> 32) | 1
