"""How do addresses come to be, before anybody asks for one?

One staple makes some of them: a block of the owner's account creates them, and one block on each new
account says that everybody may deposit and that the operator may send. The owner key signs all of
it; what follows from the owner's `previous` is the same however often it is signed. The accounts
are known as ours before anybody is asked for a vote, and free only when they have landed.
"""

from typing import NamedTuple

from chalicelib.errors import ConditionFailed
from chalicelib.flows.custody import table
from chalicelib.flows.custody.accounts import SINGLE, Role, open_account, put_name
from chalicelib.flows.custody.lease import GRANTS, POOL, Lease, Leases
from chalicelib.flows.plan import AtMost, Put, Update
from chalicelib.flows.runs.drive import Driver
from chalicelib.flows.runs.land import Books
from chalicelib.flows.runs.own import is_own, put_signed
from chalicelib.flows.runs.ports import Desk, Signer
from chalicelib.flows.runs.run import MAY_LAND, Run, new_run, run_in_flight, run_of_slot
from chalicelib.keeta.account import Account, KeyType
from chalicelib.keeta.blocks import BlockBody
from chalicelib.keeta.identifier import identifier, opening_hash
from chalicelib.keeta.operations import Adjust, CreateIdentifier, ModifyPermissions, Operation, SetInfo
from chalicelib.keeta.permissions import Flag, Permissions
from chalicelib.settlement.errors import KeetaNodeError
from chalicelib.settlement.outlook import Landed
from chalicelib.settlement.publishing import begin

# What one staple makes. Its signing writes each of them twice, and a transaction holds a hundred.
ADDRESSES_MAX = 40
DAY_MS = 86_400_000
# Everybody may put listed and other tokens there: what is not listed is not credited.
OPEN = Permissions.of(Flag.STORAGE_DEPOSIT, Flag.STORAGE_CAN_HOLD)
SENDS = Permissions.of(Flag.SEND_ON_BEHALF)


class Bounds(NamedTuple):
    """free: addresses that should wait for users. per_day: no more are made, whoever asks."""

    free: int
    per_day: int


class Pool:
    def __init__(
        self,
        desk: Desk,
        leases: Leases,
        driver: Driver,
        books: Books,
        owner: Signer,
        operator: Account,
        bounds: Bounds,
    ) -> None:
        self._desk = desk
        self._leases = leases
        self._driver = driver
        self._books = books
        self._owner = owner
        self._operator = operator
        self._bounds = bounds

    def visit(self, deadline_ms: int) -> int:
        """How many addresses became free. Raises StoreError."""
        lease = self._leases.take(POOL)
        if lease is None:
            return 0
        try:
            if self._grants_are_on_the_head():
                self._desk.observer.note("pool_waits", reason="a drill pays from the owner's account")
                return 0
            return self._fill(lease, deadline_ms)
        except (ConditionFailed, KeetaNodeError) as failure:
            self._desk.observer.note("pool_interrupted", reason=failure.detail)
            return 0
        finally:
            self._leases.release(lease)

    def _grants_are_on_the_head(self) -> bool:
        """A drill signs its fee block with our lease in its hand; until that has landed the head is its."""
        run = run_of_slot(self._desk.reader, GRANTS)
        return run is not None and run.state in MAY_LAND and run.known.fee_block is not None

    def _fill(self, lease: Lease, deadline_ms: int) -> int:
        run = run_in_flight(self._desk.reader, lease) or self._signed(lease)
        if run is None:
            return 0
        lease, opened = self._leases.refreshed(lease), list[Put | Update]()
        if run.state in MAY_LAND:
            result = self._driver.drive(lease, run, deadline_ms)
            run = result.run
            if result.rival is not None:
                return self._given_up(lease, run)
            if result.refused:
                self._desk.observer.alarm("pool_refused", run=run.number)
            if result.landed is not None:
                opened = self._opened(run, result.landed)
                rest = self._books.rest(self._driver, run, result.landed)
                run = self._books.land(lease, run, result.landed, rest, *opened)
        if run.state == "landed":
            self._books.close(lease, run)
        return len(opened)

    def _given_up(self, lease: Lease, run: Run) -> int:
        """Another block stands where one of ours was to go: these addresses will never be. Others will."""
        self._desk.observer.alarm("pool_overtaken", run=run.number)
        void = run.at("void", self._now())._replace(version=run.version + 1)
        self._desk.writer.commit((lease.guard(run=0), void.put()))
        return 0

    # --- making -----------------------------------------------------------------------------

    def _signed(self, lease: Lease) -> Run | None:
        """A run of as many as are missing; None when there are enough."""
        roles = self._missing()
        if not roles:
            return None
        now_ms, chain = self._now(), self._desk.chain
        (owner,) = chain.states([self._owner.account])
        accounts = [
            identifier(self._owner.account, owner.previous, place, KeyType.STORAGE)
            for place in range(len(roles))
        ]
        number = lease.last_run + 1
        creating = self._body(
            self._owner.account, owner.previous, tuple(map(CreateIdentifier, accounts)), f"p{number}", now_ms
        )
        opening = [
            self._opening(account, role, now_ms) for account, role in zip(accounts, roles, strict=True)
        ]
        blocks = [self._owner.sign(body) for body in (creating, *opening)]
        run = new_run(POOL, number, "fill", (), (), now_ms).at("signed", now_ms)
        run = run._replace(publishing=begin(chain.network, blocks, now_ms))
        known = [open_account(a.address, role) for a, role in zip(accounts, roles, strict=True)]
        known.append(open_account(self._owner.account.address, "owner"))
        name = put_name("owner", self._owner.account.address)
        own = put_signed(POOL, number, blocks)
        self._desk.writer.commit(
            (lease.guard(run=number, signs=True), run.put(), *known, name, *own, *self._counted(len(roles)))
        )
        return run

    def _missing(self) -> list[Role]:
        """The house's own accounts first."""
        reader = self._desk.reader
        single = [role for role in SINGLE if reader.get(table.cursor(role)) is None]
        page = reader.page(table.free_address("0"), "~", self._bounds.free)
        wanted = min(self._bounds.free - len(page.items), ADDRESSES_MAX - len(single), self._left_today())
        return [*single, *(["user"] * max(wanted, 0))]  # type: ignore[list-item]

    def _left_today(self) -> int:
        item = self._desk.reader.get(table.made_addresses(self._now() // DAY_MS)) or {}
        return self._bounds.per_day - int(str(item.get("units", 0)))

    def _counted(self, made: int) -> list[Update]:
        key = table.made_addresses(self._now() // DAY_MS)
        room = AtMost("units", self._bounds.per_day + len(SINGLE) - made)
        return [Update(key, add={"units": made}, require=(room,))]

    def _opening(self, account: Account, role: Role, now_ms: int) -> BlockBody:
        """What is said on a new account's own chain. The vault is out of the operator's reach."""
        name = role.upper() if role != "user" else ""
        operations: list[Operation] = [SetInfo(name, "", "", OPEN)]
        if role != "vault":
            operations.append(ModifyPermissions(self._operator, Adjust.SET, SENDS))
        return self._body(account, opening_hash(account), tuple(operations), "open", now_ms)

    def _body(
        self, account: Account, previous: bytes, operations: tuple[Operation, ...], key: str, now_ms: int
    ) -> BlockBody:
        return BlockBody(
            network=self._desk.chain.network.network_id,
            account=account,
            signer=self._owner.account,
            previous=previous,
            date=now_ms,
            operations=operations,
            idempotent=key.encode(),
        )

    # --- landed -----------------------------------------------------------------------------

    def _opened(self, run: Run, landed: Landed) -> list[Put | Update]:
        """From here on they can be given away, or be found by their role: those whose own block landed."""
        writes: list[Put | Update] = []
        for block in landed.blocks:
            name = next((each.name for each in block.body.operations if isinstance(each, SetInfo)), None)
            if name is None or not is_own(self._desk.reader, run, block):
                continue
            address = block.body.account.address
            role = next((role for role in SINGLE if role.upper() == name), None)
            writes.append(
                put_name(role, address) if role else Put(table.free_address(address), {"run": run.number})
            )
        return writes

    def _now(self) -> int:
        return self._desk.timer.now_ms()
