"""Do permission sets mean what they mean to the official SDK, and which row decides?"""

import pytest

from chalicelib.keeta import der
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.acl import NOTHING, Grant, resolve
from chalicelib.keeta.errors import InvalidPermissions, Malformed
from chalicelib.keeta.permissions import Flag, Permissions
from chalicelib.keeta.reader import Reader
from tests.keeta.vectors import Shown, table

SETS = table("permissions", "sets")
SPELLED, MIXED = [row for row in SETS if "base" in row], [row for row in SETS if "code" in row]


def name(row: Shown) -> str:
    return "+".join(row["flags"])


def flags(row: Shown) -> list[Flag]:
    return [Flag[name] for name in row["flags"]]


def of_kind(name: str) -> Account:
    kind = KeyType[name]
    return Account(kind, bytes(33 if kind in (KeyType.SECP256K1, KeyType.SECP256R1) else 32))


@pytest.mark.parametrize(
    "row", [row for row in SETS if "code" in row], ids=lambda row: "+".join(row["flags"])
)
def test_flags_that_the_sdk_does_not_mix_are_not_mixed(row: Shown) -> None:
    with pytest.raises(InvalidPermissions) as refused:
        Permissions.of(*flags(row))
    assert refused.value.code == row["code"]


@pytest.mark.parametrize(
    "row", [row for row in SETS if "base" in row], ids=lambda row: "+".join(row["flags"])
)
def test_a_set_is_spelled_and_means_as_in_the_sdk(row: Shown) -> None:
    made = Permissions.of(*flags(row))
    assert made.base == row["base"]
    assert made.may_be_default == row["default"]
    assert [flag.name for flag in Flag if made.has(flag)] == row["has"]
    for role in ("entity", "principal", "target"):
        assert {kind.name for kind in KeyType if made.fits(role, of_kind(kind.name))} == set(row[role])


def test_the_vectors_hold_both_kinds_of_sets() -> None:
    assert len(MIXED) > 20
    assert len(SPELLED) > 80


@pytest.mark.parametrize("row", table("permissions", "externals"), ids=lambda row: str(row["bits"]))
def test_external_bits_have_the_limit_of_the_sdk(row: Shown) -> None:
    if row["accepted"]:
        made = Permissions.of(Flag.ACCESS, external=row["bits"])
        assert Permissions.read(Reader(made.write())) == made
    else:
        with pytest.raises(InvalidPermissions) as refused:
            Permissions.of(Flag.ACCESS, external=row["bits"])
        assert refused.value.code == row["code"]


def test_the_sets_that_the_exchange_uses() -> None:
    assert Permissions.of(Flag.SEND_ON_BEHALF).base == 17
    assert Permissions.of(Flag.STORAGE_DEPOSIT, Flag.STORAGE_CAN_HOLD).base == 0x601
    assert Permissions.of(Flag.OWNER).base == 3
    assert Permissions.of(Flag.ADMIN).base == 5


@pytest.mark.parametrize("base", [16, 2, 7, 19, 1 << 15])
def test_another_spelling_of_a_set_is_refused(base: int) -> None:
    with pytest.raises(InvalidPermissions):
        Permissions.read(Reader(der.sequence(der.integer(base), der.integer(0))))


def test_a_set_of_one_integer_is_refused() -> None:
    with pytest.raises(Malformed):
        Permissions.read(Reader(der.sequence(der.integer(1))))


# --- which row decides ---------------------------------------------------------------

OPERATOR, USER = of_kind("ED25519"), of_kind("SECP256K1")
STORAGE, TOKEN = of_kind("STORAGE"), of_kind("TOKEN")
OTHER_TOKEN = Account(KeyType.TOKEN, bytes([1]) * 32)
EVERYBODY = Permissions.of(Flag.STORAGE_DEPOSIT, Flag.STORAGE_CAN_HOLD)
SENDS, ADMINISTERS = Permissions.of(Flag.SEND_ON_BEHALF), Permissions.of(Flag.ADMIN)


def test_without_a_row_the_default_decides() -> None:
    rows = [Grant(USER, STORAGE, STORAGE, SENDS), Grant(OPERATOR, TOKEN, TOKEN, SENDS)]
    assert resolve(rows, EVERYBODY, OPERATOR, STORAGE) == EVERYBODY
    assert resolve([], NOTHING, OPERATOR, STORAGE, TOKEN) == NOTHING


def test_a_row_takes_away_what_the_default_gave() -> None:
    rows = [Grant(OPERATOR, STORAGE, STORAGE, SENDS)]
    found = resolve(rows, EVERYBODY, OPERATOR, STORAGE, TOKEN)
    assert found.has(Flag.SEND_ON_BEHALF)
    assert not found.has(Flag.STORAGE_DEPOSIT)


def test_a_weak_row_for_the_target_beats_a_strong_one_for_all() -> None:
    rows = [Grant(OPERATOR, STORAGE, TOKEN, SENDS), Grant(OPERATOR, STORAGE, STORAGE, ADMINISTERS)]
    assert resolve(rows, EVERYBODY, OPERATOR, STORAGE, TOKEN) == SENDS
    assert resolve(rows, EVERYBODY, OPERATOR, STORAGE, OTHER_TOKEN) == ADMINISTERS
    assert resolve(rows, EVERYBODY, OPERATOR, STORAGE) == ADMINISTERS


def test_an_empty_row_denies_what_the_default_allows() -> None:
    rows = [Grant(USER, STORAGE, STORAGE, NOTHING)]
    assert resolve(rows, EVERYBODY, USER, STORAGE, TOKEN) == NOTHING
