"""Are signatures those of the official SDK, and is every forgery refused?"""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.keeta import ecdsa, signature
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.digest import digest
from chalicelib.keeta.errors import BadSignature, InvalidKey, Malformed
from chalicelib.keeta.sign_data import Item, sign_data_message
from chalicelib.keeta.signature import PrivateKey
from tests.keeta.vectors import Shown, account, key, table

ORDER = {
    KeyType.SECP256K1: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    KeyType.SECP256R1: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}
EACH_TYPE = pytest.mark.parametrize("name", ["SECP256K1/0", "ED25519/0", "SECP256R1/0"])


def twin(signed: bytes, kind: KeyType) -> bytes:
    """The other ECDSA signature of the same message: (r, n - s)."""
    s = int.from_bytes(signed[32:], "big")
    return signed[:32] + (ORDER[kind] - s).to_bytes(32, "big")


@pytest.mark.parametrize("row", table("signatures", "signatures"), ids=lambda row: row["key"])
def test_a_signature_is_the_one_that_the_sdk_makes(row: Shown) -> None:
    signer, message = key(row["key"]), bytes.fromhex(row["message"])
    assert signature.sign(signer, message).hex() == row["signature"]
    signature.verify(signer.account, message, bytes.fromhex(row["signature"]))


@pytest.mark.parametrize("row", table("signatures", "signatures"), ids=lambda row: row["key"])
def test_a_certificate_signature_is_the_one_that_the_sdk_makes(row: Shown) -> None:
    signer, message = key(row["key"]), bytes.fromhex(row["message"])
    assert signature.sign_certificate(signer, message).hex() == row["certificate"]
    signature.verify_certificate(signer.account, message, bytes.fromhex(row["certificate"]))


@pytest.mark.parametrize("row", table("signatures", "statements"))
def test_a_statement_has_the_bytes_that_a_wallet_signs(row: Shown) -> None:
    signer = key(row["key"])
    message = sign_data_message(
        row["nonce"], row["timestamp"], signer.account, tuple(map(item, row["items"]))
    )
    assert message.hex() == row["message"]
    assert digest(message).hex() == row["hash"]
    assert signature.sign(signer, message).hex() == row["signature"]


def item(shown: str | int) -> Item:
    return account(shown) if isinstance(shown, str) and shown.startswith("keeta_") else shown


@pytest.mark.parametrize(
    "time", ["2025-06-01T12:34:56Z", "2025-06-01T12:34:56.789+00:00", "2025-02-30T00:00:00.000Z"]
)
def test_a_statement_has_a_time_as_javascript_writes_it(time: str) -> None:
    with pytest.raises(Malformed):
        sign_data_message("n", time, key("ED25519/0").account, ())


@EACH_TYPE
@given(data=st.binary(max_size=64), bit=st.integers(0, 511))
def test_a_signature_with_one_bit_changed_is_refused(name: str, data: bytes, bit: int) -> None:
    signer = key(name)
    good = bytearray(signature.sign(signer, data))
    good[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadSignature):
        signature.verify(signer.account, data, bytes(good))


@EACH_TYPE
def test_a_signature_of_other_data_or_by_another_key_is_refused(name: str) -> None:
    signed = signature.sign(key(name), b"data")
    other = key(name.replace("/0", "/1"))
    for who, what in ((key(name), b"date"), (other, b"data")):
        with pytest.raises(BadSignature):
            signature.verify(who.account, what, signed)


@EACH_TYPE
@pytest.mark.parametrize("bad", [b"", bytes(63), bytes(64), bytes(65), b"\xff" * 64])
def test_bytes_that_are_no_signature_are_refused(name: str, bad: bytes) -> None:
    with pytest.raises(BadSignature):
        signature.verify(key(name).account, b"data", bad)
    with pytest.raises(BadSignature):
        signature.verify_certificate(key(name).account, b"data", bad)


def test_the_high_s_twin_is_refused_on_secp256k1() -> None:
    signer = key("SECP256K1/0")
    with pytest.raises(BadSignature):
        signature.verify(signer.account, b"data", twin(signature.sign(signer, b"data"), KeyType.SECP256K1))


def test_both_twins_are_good_on_secp256r1_as_on_the_network() -> None:
    signer = key("SECP256R1/0")
    signature.verify(signer.account, b"data", twin(signature.sign(signer, b"data"), KeyType.SECP256R1))


def test_a_small_order_key_for_which_anybody_could_sign_is_refused() -> None:
    one = bytes([1]) + bytes(31)
    with pytest.raises(BadSignature):
        signature.verify(Account(KeyType.ED25519, one), b"anything", one + bytes(32))


@pytest.mark.parametrize("kind", [KeyType.SECP256K1, KeyType.SECP256R1])
def test_a_key_that_is_no_point_never_verifies(kind: KeyType) -> None:
    with pytest.raises(BadSignature):
        signature.verify(Account(kind, b"\x05" + bytes(32)), b"data", bytes([1]) * 64)


@pytest.mark.parametrize("kind", [KeyType.NETWORK, KeyType.TOKEN, KeyType.STORAGE, KeyType.MULTISIG])
def test_an_identifier_never_verifies(kind: KeyType) -> None:
    with pytest.raises(BadSignature):
        signature.verify(Account(kind, bytes(32)), b"data", bytes(64))
    with pytest.raises(BadSignature):
        signature.verify_certificate(Account(kind, bytes(32)), b"data", ecdsa.to_der(bytes([1]) * 64))


@pytest.mark.parametrize("kind", list(ORDER))
def test_a_scalar_out_of_range_is_no_private_key(kind: KeyType) -> None:
    for scalar in (0, ORDER[kind]):
        with pytest.raises(InvalidKey):
            signature.sign(PrivateKey(kind, scalar.to_bytes(32, "big")), b"data")
    with pytest.raises(InvalidKey):
        PrivateKey(kind, bytes(31))


def test_a_private_key_does_not_show_its_secret() -> None:
    signer = key("ED25519/0")
    assert signer.secret.hex() not in repr(signer)
    assert str(signer.secret) not in repr(signer)


@given(st.binary(min_size=64, max_size=64))
def test_the_der_of_a_signature_is_read_back(rs: bytes) -> None:
    assert ecdsa.from_der(ecdsa.to_der(rs)) == rs


def test_a_cold_start_pays_only_for_the_library_that_it_needs() -> None:
    """In a fresh interpreter: reading a vote or block needs none, one key type needs one."""
    program = """
import sys
from chalicelib.keeta import quorum, seed, signature
from chalicelib.keeta.account import KeyType
loaded = lambda: {"coincurve", "cryptography", "nacl"} & sys.modules.keys()
assert loaded() == set(), loaded()
signature.sign(seed.private_key(bytes(32), 0, KeyType.ED25519), b"data")
assert loaded() == {"nacl"}, loaded()
"""
    subprocess.run([sys.executable, "-c", program], check=True)
