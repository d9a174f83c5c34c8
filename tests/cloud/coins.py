"""The scenes of the recorded session in which coins move, on a Keeta network of their own."""

from chalicelib.flows.custody import table
from chalicelib.flows.custody.lease import SLOTS
from chalicelib.flows.custody.posting import posting, total
from chalicelib.flows.plan import Put
from chalicelib.keeta.account import Account
from chalicelib.keeta.operations import Adjust, ModifyPermissions
from chalicelib.keeta.permissions import Flag, Permissions
from chalicelib.ledger.transfers import CAPITAL, Transfer, custody
from chalicelib.money import Amount
from tests.api.world import Trader
from tests.cloud.world import RecordedWorld
from tests.keeta_node.world import new_key


def coins_come_and_go(world: RecordedWorld) -> None:
    """In at an address of one's own, and out to another."""
    money(world, "pool")
    alice, to = world.trader(), new_key().account.address
    deposit(world, alice, USDT=5_000_000)
    assert alice.get("/deposits").body["deposits"][0]["amount"] == "5"
    asked = withdraw(alice, "2", to)
    assert withdraw(alice, "2", to) == asked, "the same request again"
    home = alice.get("/deposits/address").body["address"]
    back = {"token": "USDT", "amount": "2", "to": home}
    assert alice.post("/withdrawals/request", back).refusal[1] == "own_address"
    canceled = withdraw(alice, "1", to, "canceled")
    assert alice.post("/withdrawals/cancel", {"id": canceled}).status == 200
    money(world, "payouts")
    assert len(alice.get("/withdrawals").body["withdrawals"]) == 2
    assert alice.get(f"/withdrawals/{asked}").body["status"] == "completed"
    money(world, "reconciliation")


def coins_are_moved_to_whom_they_are_owed(world: RecordedWorld) -> None:
    """A withdrawal of what lies at another's address; and what nobody asks for."""
    money(world, "pool")
    alice, bob, to = world.trader(), world.trader(), new_key().account.address
    deposit(world, alice, USDT=5_000_000)
    deposit(world, bob, KTA=10**19)
    alice.place("buy", "0.5", "8")
    bob.place("sell", "0.5", "8")
    money(world, "reconciliation")  # finds who has less at his address than he is owed
    for function in ("payouts", "settlement"):
        asked = withdraw(bob, "1.5", to, function)
        money(world, function)
        assert bob.get(f"/withdrawals/{asked}").body["status"] == "completed"


def the_books_are_not_what_the_chain_says(world: RecordedWorld) -> None:
    """A deposit that only the reconciliation finds; then coins that are missing, and found again."""
    money(world, "pool")
    alice = world.trader()
    address = alice.get("/deposits/address").body["address"]
    world.keeta.fund([Account.from_address(address)], 10**18, world.keeta.token("KTA"))
    money(world, "reconciliation")
    assert alice.balances()["KTA"] == ("1", "0")
    missing = Transfer(custody(address), CAPITAL, Amount("USDX", 1))
    world.store.commit(posting([missing]))
    for _ in range(2):
        money(world, "reconciliation")
    assert table.stop_attribute("USDX") in (world.store.get(table.lease(SLOTS[-1])) or {})
    world.store.commit(posting([missing._replace(amount=Amount("USDX", -1))]))
    money(world, "reconciliation")


def coins_come_before_their_user(world: RecordedWorld) -> None:
    """To an address that waits. Found in the history; then, where that was not read, by the balance."""
    for function in ("deposits_follower", "reconciliation"):
        money(world, "pool")
        waiting = str(world.store.page(table.free_address("0"), "~", 1).items[0]["sk"])
        before = total(world.store.get(table.total("KTA"))).suspense
        world.keeta.fund([Account.from_address(waiting)], 7, world.keeta.token("KTA"))
        money(world, function)
        assert total(world.store.get(table.total("KTA"))).suspense == before + 7, function


def an_issuer_freezes_an_address(world: RecordedWorld) -> None:
    """What can not be paid has failed, and what was planned with it waits again."""
    for function in ("payouts", "settlement"):
        money(world, "pool")
        alice, bob, to = world.trader(), world.trader(), new_key().account.address
        for trader in (alice, bob):
            deposit(world, trader, USDT=5_000_000)
        usdt, issuer = world.keeta.token("USDT"), world.keeta.key("issuer")
        home = Account.from_address(alice.get("/deposits/address").body["address"])
        barred = ModifyPermissions(home, Adjust.SET, Permissions(Flag(0)))
        world.keeta.settle(world.keeta.block(usdt, issuer, barred))
        cold, fine = withdraw(alice, "2", to), withdraw(bob, "2", to)
        money(world, function)
        assert alice.get(f"/withdrawals/{cold}").body["reason"] == "address_may_not_send"
        # As if it had been set aside before: somebody has decided it since.
        forgotten = Put(table.note("aside", cold), {"owner": alice.address, "slot": "settlement", "run": 1})
        world.store.commit((forgotten,))
        money(world, function)
        assert bob.get(f"/withdrawals/{fine}").body["status"] == "completed"
        assert world.store.get(forgotten.key) is None


def votes_cost_something(world: RecordedWorld) -> None:
    """Whoever makes addresses, or pays, then pays the network too."""
    owner = Account.from_address(str((world.store.get(table.cursor("owner")) or {})["address"]))
    treasury = Account.from_address(str((world.store.get(table.cursor("treasury")) or {})["address"]))
    world.keeta.fund([owner, treasury], 10**6, world.keeta.token("KTA"))
    money(world, "deposits_follower")
    money(world, "pool")
    alice = world.trader()
    deposit(world, alice, USDT=5_000_000)
    asked = withdraw(alice, "2", new_key().account.address)
    world.controls.fee(40)
    try:
        for function in ("pool", "payouts"):
            money(world, function)
    finally:
        world.controls.fee(None)
    assert alice.get(f"/withdrawals/{asked}").body["status"] == "completed"
    assert (world.store.get(table.total("KTA")) or {})["expense"] > 40


def an_address_book(world: RecordedWorld) -> None:
    alice, listed = world.trader(), {"address": new_key().account.address}
    for path, body in (("add", {**listed, "name": "mine"}), ("remove", listed), ("only", {"only": True})):
        assert alice.post(f"/address-book/{path}", body).status == 200, path
    assert alice.get("/address-book").body["only"]
    assert alice.post("/address-book/signed", {"signed": True}).body["signed"]


def money(world: RecordedWorld, function: str) -> None:
    """The network's time is the machine's; what others would do in the same minute is done by it, too."""
    world.clock.ms = world.keeta.now()
    world.restart()
    world.schedule(function)


def deposit(world: RecordedWorld, trader: Trader, **units: int) -> None:
    address = trader.get("/deposits/address").body["address"]
    for token, each in units.items():
        world.keeta.fund([Account.from_address(address)], each, world.keeta.token(token))
    money(world, "deposits_follower")


def withdraw(trader: Trader, amount: str, to: str, client_id: str = "one") -> str:
    body = {"token": "USDT", "amount": amount, "to": to, "client_id": client_id}
    answer = trader.post("/withdrawals/request", body)
    assert answer.status == 200, answer
    return str(answer.body["id"])


SCENES = (
    coins_come_and_go,
    coins_are_moved_to_whom_they_are_owed,
    the_books_are_not_what_the_chain_says,
    coins_come_before_their_user,
    an_issuer_freezes_an_address,
    votes_cost_something,
    an_address_book,
)
