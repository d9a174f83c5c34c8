"""What does a side pay for a fill?"""

from chalicelib.market import PPM


def fee_units(received: int, rate_ppm: int) -> int:
    """The fee on `received` units, rounded up: against the trader by less than one unit."""
    return -(-received * rate_ppm // PPM)
