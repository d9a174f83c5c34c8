"""Does a key that lies in KMS sign blocks that the network takes?

ministack's KMS, whose signatures are right; moto's hashes a digest once more, and serves here as the KMS
that is not to be believed.
"""

from typing import Any

import boto3
import coincurve
import pytest
from moto import mock_aws

from chalicelib.adapters.kms import KmsSigner
from chalicelib.errors import Unavailable
from chalicelib.keeta import ecdsa, secp256k1
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.blocks import Block, BlockBody, signed_elsewhere, verify_block
from chalicelib.keeta.digest import digest
from chalicelib.keeta.errors import BadSignature, CannotSign, InvalidBlock
from chalicelib.keeta.identifier import opening_hash
from chalicelib.keeta.network import DEV
from chalicelib.keeta.operations import Send
from infra.local.clients import CREDENTIALS, REGION
from tests.keeta_node.world import KTA, World, new_key

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
# KMS draws its nonces: half of so many signatures have a high s before they are ours.
SIGNATURES = 16


@pytest.fixture(scope="module")
def kms(ministack_endpoint: str) -> Any:
    session = boto3.session.Session(*CREDENTIALS.values(), region_name=REGION)
    return session.client("kms", endpoint_url=ministack_endpoint)


def new_signer(kms: Any, spec: str = "ECC_SECG_P256K1") -> KmsSigner:
    return KmsSigner(kms, kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"])


@pytest.fixture(scope="module")
def signer(kms: Any) -> KmsSigner:
    return new_signer(kms)


def payment(signer: Account, date: int = 1_700_000_000_000, previous: bytes | None = None) -> BlockBody:
    return BlockBody(
        network=DEV.network_id,
        account=signer,
        signer=signer,
        previous=previous or opening_hash(signer),
        operations=(Send(new_key().account, 5, KTA),),
        date=date,
    )


def low(block: Block) -> bool:
    return int.from_bytes(block.signatures[0][32:], "big") <= _ORDER // 2


def test_coincurve_verifies_what_kms_signed_and_every_s_is_low(signer: KmsSigner) -> None:
    public = coincurve.PublicKey(signer.account.key)
    for number in range(SIGNATURES):
        block = signer.sign(payment(signer.account, 1_700_000_000_000 + number))
        assert low(block)
        assert public.verify(ecdsa.to_der(block.signatures[0]), digest(block.hash), hasher=None)


def test_signing_again_gives_the_same_block(signer: KmsSigner) -> None:
    body = payment(signer.account)
    first, second = signer.sign(body), signer.sign(body)
    assert first.hash == second.hash
    verify_block(second)


def test_the_official_ledger_takes_a_block_that_kms_signed(four: World, signer: KmsSigner) -> None:
    four.fund([signer.account], 10)
    body = payment(signer.account, four.now(), four.previous(signer.account))
    landed = four.settle(signer.sign(body))
    assert [block.body.account for block in landed.blocks] == [signer.account]
    assert four.balance(signer.account) == 5


def test_a_kms_that_hashes_twice_is_not_believed() -> None:
    with mock_aws():
        twice = new_signer(boto3.client("kms", region_name=REGION))
        with pytest.raises(Unavailable, match="not the account's"):
            twice.sign(payment(twice.account))


def test_a_key_of_another_curve_is_no_account_of_ours(kms: Any) -> None:
    with pytest.raises(CannotSign):
        _ = new_signer(kms, "ECC_NIST_P256").account


def test_a_key_that_is_gone_is_said_to_be_unavailable(kms: Any) -> None:
    with pytest.raises(Unavailable, match="KMS does not sign"):
        _ = KmsSigner(kms, "11111111-1111-1111-1111-111111111111").account


def test_a_signature_of_somebody_else_makes_no_block() -> None:
    ada, ben = new_key(), new_key()
    body = payment(ada.account)
    wrong = secp256k1.sign(ben.secret, digest(b"other"))
    with pytest.raises(BadSignature):
        signed_elsewhere(body, wrong)
    with pytest.raises(InvalidBlock):
        signed_elsewhere(body)
    assert ada.account.key_type is KeyType.SECP256K1


def test_the_low_spelling_of_a_signature_is_found_from_either() -> None:
    key = new_key()
    good = secp256k1.sign(key.secret, digest(b"x"))
    twin = good[:32] + (_ORDER - int.from_bytes(good[32:], "big")).to_bytes(32, "big")
    assert secp256k1.low_s(twin) == secp256k1.low_s(good) == good
    with pytest.raises(BadSignature):
        secp256k1.verify(key.account.key, digest(b"x"), twin)
