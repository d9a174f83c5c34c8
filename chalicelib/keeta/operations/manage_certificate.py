"""MANAGE_CERTIFICATE: attach an X.509 certificate to an account, or take it off.

Read, and never sent: the certificates are kept as bytes and not looked into.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from chalicelib.keeta import der
from chalicelib.keeta.errors import InvalidBlock
from chalicelib.keeta.operations.fields import Adjust, Context, read_adjust
from chalicelib.keeta.reader import Reader


@dataclass(frozen=True, slots=True)
class ManageCertificate:
    """ADD carries the certificate and its chain (maybe empty), SUBTRACT its 32-byte hash."""

    TAG: ClassVar = 8

    method: Adjust
    certificate: bytes
    chain: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.method is Adjust.SET:
            raise InvalidBlock("a certificate is added or taken off, never set")
        if self.method is Adjust.SUBTRACT and (self.chain or len(self.certificate) != 32):
            raise InvalidBlock("a hash alone", code="BLOCK_INTERMEDIATE_CERTIFICATES_ONLY_ADD")

    def encode(self) -> bytes:
        head = der.integer(self.method) + der.octets(self.certificate)
        if self.method is Adjust.SUBTRACT:
            return head
        return head + (der.sequence(*map(der.octets, self.chain)) if self.chain else der.null())

    @classmethod
    def decode(cls, fields: Reader) -> Self:
        method, certificate = read_adjust(fields), fields.octets()
        chain = None if method is Adjust.SUBTRACT else fields.nullable(_read_chain)
        return cls(method, certificate, chain or ())

    def check(self, context: Context) -> None:
        """Whose certificate it is, only the network asks."""


def _read_chain(fields: Reader) -> tuple[bytes, ...]:
    return fields.sequence_of(Reader.octets)
