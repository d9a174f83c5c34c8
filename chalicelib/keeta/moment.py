"""How is a point in time written on Keeta?

A moment is a whole number of milliseconds since 1970, UTC. It has two spellings: the
GeneralizedTime of blocks and votes, and the ISO text of signed statements.

GeneralizedTime follows the SDK and not DER: no fraction when the milliseconds are zero,
else always three digits. DER would write .5 where Keeta writes .500, so a general ASN.1
library hashes one block in ten wrongly.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from chalicelib.keeta.errors import Malformed

Moment = int

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_GENERALIZED = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(?!000)(\d{3}))?Z")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})Z", re.ASCII)


def generalized_time(moment: Moment) -> bytes:
    """b"20250601123456.789Z", or b"20250601123456Z" on a whole second."""
    when = _datetime(moment)
    text = f"{when.year:04d}{when:%m%d%H%M%S}"
    milliseconds = moment % 1000
    return f"{text}.{milliseconds:03d}Z".encode() if milliseconds else f"{text}Z".encode()


def parse_generalized_time(text: bytes) -> Moment:
    """The inverse. Raises Malformed for any other spelling of the same moment."""
    match = _GENERALIZED.fullmatch(text)
    if match is None:
        raise Malformed("not a time as Keeta writes it")
    return _moment([int(field) for field in match.groups(default=b"0")])


def iso(moment: Moment) -> str:
    """'2025-06-01T12:34:56.789Z', as JavaScript's Date.toISOString() writes it."""
    when = _datetime(moment)
    return f"{when.year:04d}-{when:%m-%dT%H:%M:%S}.{moment % 1000:03d}Z"


def parse_iso(text: str) -> Moment:
    """The inverse. Raises Malformed for any other spelling of the same moment."""
    match = _ISO.fullmatch(text)
    if match is None:
        raise Malformed("not an ISO time in UTC with milliseconds")
    return _moment([int(field) for field in match.groups()])


def _datetime(moment: Moment) -> datetime:
    try:
        return _EPOCH + moment * _MILLISECOND
    except OverflowError:
        raise Malformed("a time outside the years 1 to 9999") from None


def _moment(fields: Sequence[int]) -> Moment:
    year, month, day, hour, minute, second, milliseconds = fields
    try:
        when = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise Malformed("no such date") from None
    return (when - _EPOCH) // _MILLISECOND + milliseconds
