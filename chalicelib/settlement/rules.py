"""What does the network refuse in some blocks together, whatever is in each of them?

We refuse it first, by the same code, so that nothing is sent that can not land.
(Keeta protocol: SDK `Ledger.vote`, its checks of the blocks and of the fee block.)
"""

from chalicelib.keeta.account import Account
from chalicelib.keeta.blocks import Block, Purpose, verify_block
from chalicelib.keeta.errors import InvalidStaple
from chalicelib.keeta.moment import Moment
from chalicelib.keeta.network import Network
from chalicelib.keeta.operations import Send

# A representative votes for a block only so long before or after the block's own date.
BLOCK_AGE_MAX = 300_000


def check_blocks(blocks: tuple[Block, ...], network: Network) -> None:
    """Raises InvalidStaple unless these blocks, without a fee block, can stand in one staple."""
    if not blocks:
        raise InvalidStaple("no blocks", code="LEDGER_MISSING_BLOCKS")
    if blocks[0].body.purpose is Purpose.FEE:
        raise InvalidStaple("a fee block can not come first", code="LEDGER_MISSING_BLOCKS")
    if any(block.body.purpose is Purpose.FEE for block in blocks):
        raise InvalidStaple("a fee block is added after the first round", code="LEDGER_MULTIPLE_FEE_BLOCK")
    if any(block.body.network != network.network_id for block in blocks):
        raise InvalidStaple(f"not a block of {network.alias}", code="LEDGER_INVALID_NETWORK")
    check_chain(blocks)


def check_chain(blocks: tuple[Block, ...]) -> None:
    """Raises InvalidStaple unless each block follows its `previous`, and nothing is used twice."""
    _check_keys(blocks)
    if len({block.body.previous for block in blocks}) < len(blocks):
        raise InvalidStaple("two blocks after one `previous`", code="LEDGER_PREVIOUS_ALREADY_USED")
    place = {block.hash: at for at, block in enumerate(blocks)}
    for at, block in enumerate(blocks):
        before = place.get(block.body.previous)
        if before is None:
            continue
        if blocks[before].body.account != block.body.account:
            raise InvalidStaple("a chain of two accounts", code="LEDGER_INVALID_CHAIN")
        if before > at:
            raise InvalidStaple("a block before its `previous`", code="LEDGER_PREVIOUS_NOT_SEEN")


def check_fresh(blocks: tuple[Block, ...], now: Moment) -> None:
    """Raises BadSignature, or InvalidStaple for a block whose date no representative accepts now."""
    for block in blocks:
        verify_block(block)
        if abs(block.body.date - now) > BLOCK_AGE_MAX:
            raise InvalidStaple("a block that is not of now", code="LEDGER_BLOCK_EXPIRED")


def check_fee_block(block: Block, due: tuple[Send, ...]) -> None:
    """Raises InvalidStaple unless the block pays exactly these, in whatever order."""
    if block.body.purpose is not Purpose.FEE:
        raise InvalidStaple("not a fee block", code="LEDGER_MISSING_REQUIRED_FEE_BLOCK")
    paid = [each for each in block.body.operations if isinstance(each, Send)]
    if len(block.body.operations) != len(due):
        raise InvalidStaple("one SEND for each vote that asks", code="LEDGER_REQUIRED_FEE_MISMATCH")
    for fee in due:
        _check_paid(fee, paid)


def _check_paid(fee: Send, paid: list[Send]) -> None:
    """The network looks at the first SEND to the payee, and so do we."""
    found = next((send for send in paid if send.to == fee.to), None)
    if found is None:
        raise InvalidStaple("a fee that nobody pays", code="LEDGER_FEE_MISSING")
    if found.amount != fee.amount:
        raise InvalidStaple("a fee of another amount", code="LEDGER_FEE_AMOUNT_MISMATCH")
    if found.token != fee.token:
        raise InvalidStaple("a fee in another token", code="LEDGER_FEE_TOKEN_MISMATCH")


def _check_keys(blocks: tuple[Block, ...]) -> None:
    keys: set[tuple[Account, bytes]] = set()
    for block in blocks:
        if block.body.idempotent is None:
            continue
        key = (block.body.account, block.body.idempotent)
        if key in keys:
            raise InvalidStaple("an idempotent key twice", code="LEDGER_IDEMPOTENT_KEY_EXISTS")
        keys.add(key)
