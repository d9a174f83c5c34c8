"""What has intake written for an order that it promised, and of which the matcher was never told?"""

from chalicelib.engine.order import Side
from chalicelib.flows import schema
from chalicelib.flows.intake.place_order import OrderRequest, new_record, order_id
from chalicelib.flows.plan import Absent, Put
from chalicelib.flows.records.wallets import wallet_updates
from chalicelib.ids import OrderId, UserId
from chalicelib.ledger.transfers import hold_transfers

from .world import KTA, World


def promised(world: World, user: str, side: Side = "buy", price: int = 9_000, lots: int = 10) -> OrderId:
    """Also where intake would refuse it by now: as if it came just before it knew."""
    owner, made_by = UserId(user), world.ids.uuid()
    request = OrderRequest(KTA, side, price, lots, "gtc", "")
    named = order_id(owner, request, made_by)
    now_ms = world.timer.now_ms()
    record = new_record(owner, request, price, KTA.rates(0), named, made_by, now_ms)
    (wallet,) = wallet_updates(hold_transfers(record.reserve(KTA)))
    order = Put(schema.order(owner, record.id), record.to_item(), require=(Absent(),))
    world.store.commit((wallet, order))
    return record.id
