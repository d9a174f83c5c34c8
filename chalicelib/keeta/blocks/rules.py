"""What does the network refuse in a block, whoever signed it?

The rules about one block alone. Whether balances, permissions and the chain allow it,
only the ledger can say.
(Keeta protocol: SDK `Block` constructor and `Operation.validate`.)
"""

from chalicelib.keeta.account import KeyType
from chalicelib.keeta.blocks.body import BlockBody, Purpose
from chalicelib.keeta.blocks.signer import address_of
from chalicelib.keeta.errors import InvalidBlock
from chalicelib.keeta.limits import Limits
from chalicelib.keeta.network import Network
from chalicelib.keeta.operations import Adjust, Context, ModifyPermissions, Send, SetRep


def check_body(body: BlockBody, network: Network, limits: Limits) -> None:
    """Raises InvalidBlock for the first rule that is broken."""
    _check_head(body, network, limits)
    _check_signer(body)
    for place, operation in enumerate(body.operations):
        operation.check(Context(body.account, body.previous, place, limits))
    _check_representative_once(body)
    _check_set_comes_first(body)


def _check_head(body: BlockBody, network: Network, limits: Limits) -> None:
    if body.network != network.network_id:
        raise InvalidBlock(f"not a block of {network.alias}", code="LEDGER_INVALID_NETWORK")
    if len(body.previous) != 32:
        raise InvalidBlock("`previous` has 32 bytes")
    if len(body.idempotent or b"") > limits.idempotent:
        raise InvalidBlock("an idempotent key too long", code="BLOCK_INVALID_IDEMPOTENT_LENGTH")
    if body.purpose is Purpose.FEE and not all(isinstance(each, Send) for each in body.operations):
        raise InvalidBlock("a fee block only sends", code="BLOCK_INVALID_PURPOSE_VALIDATION")


def _check_signer(body: BlockBody) -> None:
    if body.account.key_type is KeyType.MULTISIG:
        raise InvalidBlock("a multisig account has no chain", code="BLOCK_NO_MULTISIG_OP")
    kind = address_of(body.signer).key_type
    if not kind.signs and kind is not KeyType.MULTISIG:
        raise InvalidBlock("the signer has no key", code="BLOCK_INVALID_SIGNER")
    if body.version == 1 and (kind is KeyType.MULTISIG or body.purpose is not Purpose.GENERIC):
        raise InvalidBlock("only version 2 has multisig and fees", code="BLOCK_INVALID_VERSION")


def _check_representative_once(body: BlockBody) -> None:
    if sum(isinstance(each, SetRep) for each in body.operations) > 1:
        raise InvalidBlock("two representatives", code="BLOCK_NO_MULTIPLE_SET_REP")


def _check_set_comes_first(body: BlockBody) -> None:
    """A row may be set and then changed, but not changed and then set."""
    touched = set()
    for each in body.operations:
        if isinstance(each, ModifyPermissions):
            row = (each.principal, each.target or body.account)
            if row in touched and each.method is Adjust.SET:
                raise InvalidBlock("a change that is overwritten", code="BLOCK_NO_MODIFY_PERMISSION_DUPE")
            touched.add(row)
