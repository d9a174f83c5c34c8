"""Do addresses, keys, identifiers and networks come out as the official SDK makes them?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.keeta import identifier, network, seed
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.errors import CannotSign, InvalidAccount, InvalidAddress, InvalidKey, UnknownNetwork
from chalicelib.keeta.signature import PrivateKey
from tests.keeta.vectors import SEED, Shown, account, table

KEY_BYTES = {kind: 33 if kind.name.startswith("SECP") else 32 for kind in KeyType}


def accounts_of(kind: KeyType) -> st.SearchStrategy[Account]:
    size = KEY_BYTES[kind]
    return st.binary(min_size=size, max_size=size).map(lambda key: Account(kind, key))


any_account = st.sampled_from(KeyType).flatmap(accounts_of)
nearly_address = any_account.map(lambda made: made.address + "a") | any_account.map(
    lambda made: made.address[:-1]
)


@pytest.mark.parametrize("row", table("accounts", "keys"), ids=lambda row: f"{row['type']}-{row['index']}")
def test_a_seed_gives_the_key_and_address_that_the_sdk_gives(row: Shown) -> None:
    key = seed.private_key(bytes.fromhex(row["seed"]), row["index"], KeyType[row["type"]])
    assert key.secret.hex() == row["secret"]
    assert key.account.key.hex() == row["key"]
    assert key.account.address == row["address"]
    assert Account.from_address(row["address"]) == key.account


@pytest.mark.parametrize("row", table("accounts", "identifiers"), ids=lambda row: row["type"])
def test_a_seed_gives_the_identifier_that_the_sdk_gives(row: Shown) -> None:
    made = identifier.from_seed(bytes.fromhex(row["seed"]), row["index"], KeyType[row["type"]])
    assert made.address == row["address"]
    assert identifier.opening_hash(made).hex() == row["opening"]


@pytest.mark.parametrize("row", table("accounts", "created"))
def test_an_identifier_is_known_before_it_is_created(row: Shown) -> None:
    creator = account(row["creator"])
    previous = bytes.fromhex(row["previous"]) if row["previous"] else identifier.opening_hash(creator)
    made = identifier.identifier(creator, previous, row["operation"], KeyType[row["type"]])
    assert made.address == row["address"]


@pytest.mark.parametrize("row", table("accounts", "networks"), ids=lambda row: row["alias"])
def test_a_network_has_the_addresses_that_the_sdk_has(row: Shown) -> None:
    known = network.network(row["alias"])
    assert known == network.network_of(row["id"])
    assert known.address.address == row["address"]
    assert known.base_token.address == row["base_token"]
    assert all(account(each).key_type is KeyType.SECP256K1 for each in row["representatives"])


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(UnknownNetwork):
        network.network("moon")
    with pytest.raises(UnknownNetwork):
        network.network_of(0)


@pytest.mark.parametrize("row", table("accounts", "passphrases"))
def test_a_passphrase_gives_the_seed_that_the_sdk_gives(row: Shown) -> None:
    assert seed.from_passphrase(row["passphrase"]).hex() == row["seed"]
    assert seed.from_passphrase(row["passphrase"].upper().replace(" ", "  ")).hex() == row["seed"]


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(InvalidKey, match="weak"):
        seed.from_passphrase("correct horse battery staple")


@pytest.mark.parametrize("row", table("accounts", "spellings"), ids=lambda row: row["text"][:16])
def test_of_the_spellings_that_the_sdk_reads_only_its_own_is_read_here(row: Shown) -> None:
    assert row["same"]
    if row["canonical"]:
        assert Account.from_address(row["text"]).address == row["text"]
    else:
        with pytest.raises(InvalidAddress):
            Account.from_address(row["text"])


@given(any_account)
def test_every_account_has_one_address_and_one_ktk(made: Account) -> None:
    assert Account.from_address(made.address) == made
    assert Account.from_ktk(made.ktk) == made
    assert len(made.address) == (69 if KEY_BYTES[made.key_type] == 33 else 67)


@given(any_account, st.data())
def test_one_changed_character_makes_an_address_invalid(made: Account, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(made.address) - 1))
    other = data.draw(st.characters().filter(lambda character: character != made.address[place]))
    with pytest.raises(InvalidAddress):
        Account.from_address(made.address[:place] + other + made.address[place + 1 :])


@given(
    st.text()
    | any_account.map(lambda made: made.address + "a")
    | any_account.map(lambda made: made.address[:-1])
)
def test_text_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddress):
        Account.from_address(text)


@pytest.mark.parametrize(
    "ktk", [b"", b"\x05" + bytes(32), b"\x08" + bytes(32), bytes(33), b"\x01" + bytes(33)]
)
def test_bytes_that_are_no_account_are_refused(ktk: bytes) -> None:
    with pytest.raises(InvalidAccount):
        Account.from_ktk(ktk)


@pytest.mark.parametrize(("size", "index"), [(31, 0), (33, 0), (32, -1), (32, 2**32)])
def test_a_seed_or_index_out_of_range_is_refused(size: int, index: int) -> None:
    with pytest.raises(InvalidKey):
        seed.private_key(bytes(size), index, KeyType.ED25519)


def test_an_identifier_has_no_private_key_and_a_key_is_no_identifier() -> None:
    with pytest.raises(CannotSign):
        seed.private_key(SEED, 0, KeyType.TOKEN)
    with pytest.raises(CannotSign):
        _ = PrivateKey(KeyType.STORAGE, SEED).account
    with pytest.raises(InvalidAccount):
        identifier.from_seed(SEED, 0, KeyType.ED25519)
