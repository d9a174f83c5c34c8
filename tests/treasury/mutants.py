"""Would the tests notice if the money's way were wrong? Each mutant turns a named test red.

    python -m tests.treasury.mutants [NAME...]

A mutant is the project with one text changed, in a folder of its own. Prints what became of each; the exit
code is 0 only when every one of them was noticed, and the tests are green without it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from infra.local.state import ROOT

HERE = "tests/treasury/"
NODE_MODULES = "infra/local/keeta/node_modules"
SECONDS_MAX = 300


class Mutant(NamedTuple):
    """`before` stands in the file exactly once."""

    name: str
    file: str
    before: str
    after: str
    test: str


MUTANTS = (
    Mutant(
        "a new previous on retry",
        "chalicelib/flows/runs/drive.py",
        "previous = renamed.get(old.body.previous, old.body.previous)",
        "previous = old.hash",
        HERE + "test_faults.py::test_votes_that_expire_are_asked_for_again_on_the_same_previous",
    ),
    Mutant(
        "a credit is known by its block alone",
        "chalicelib/flows/deposits/credit.py",
        "return Put(table.posted_credit(credit.block, credit.operation), item",
        "return Put(table.posted_credit(credit.block, 0), item",
        HERE + "test_deposits.py::test_several_credits_of_one_block_are_told_apart_by_their_place",
    ),
    Mutant(
        "own sends are credited",
        "chalicelib/flows/deposits/credit.py",
        "if account is None or credit.sender in own:",
        "if account is None:",
        HERE + "test_deposits.py::test_what_we_moved_ourselves_is_no_deposit",
    ),
    Mutant(
        "nobody asks who signed a block of ours",
        "chalicelib/flows/deposits/credit.py",
        "if self._desk.reader.get(table.own_block(name)) is None:",
        "if not name:",
        HERE + "test_deposits.py::test_a_block_of_ours_that_we_did_not_sign_stops_everything",
    ),
    Mutant(
        "the fence is not asked for",
        "chalicelib/flows/custody/lease.py",
        'free: list[Condition] = [Equals("fence", self.fence)]',
        "free: list[Condition] = []",
        HERE + "test_faults.py::test_a_lease_that_another_has_taken_over_guards_nothing_any_more",
    ),
    Mutant(
        "two may hold the lease",
        "chalicelib/flows/custody/lease.py",
        'if now_ms < _number(item, "until_ms") <= now_ms + LEASE_MS:',
        'if _number(item, "until_ms") < 0:',
        HERE + "test_faults.py::test_two_workers_at_once_pay_once",
    ),
    Mutant(
        "released when a stranger's block came first",
        "chalicelib/flows/runs/overtaken.py",
        'step(found, "stuck", now_ms, "a person looks at it")',
        'step(found, "failed", now_ms, "a person looks at it")',
        HERE + "test_faults.py::test_a_head_that_a_thief_moves_under_us_stops_everything",
    ),
    Mutant(
        "what stands further on is taken for the end of all that an account was to pay",
        "chalicelib/settlement/outlook.py",
        "if starts.get(block.body.account) == block.body.previous]",
        "if block.body.account in starts]",
        HERE + "test_drills.py::test_what_has_landed_is_not_paid_again_when_a_drill_stands_behind_it",
    ),
    Mutant(
        "signed anew although the silent may be bound",
        "chalicelib/settlement/decisions.py",
        "Row(Verdict.SILENT, None, None, True, Action.SIGN_ANEW",
        "Row(Verdict.SILENT, None, None, None, Action.SIGN_ANEW",
        "tests/settlement/test_decisions.py",
    ),
    Mutant(
        "a surplus stops the exchange",
        "chalicelib/flows/proof/reconcile.py",
        "if gap.units < 0 and seen > 1:",
        "if seen > 1:",
        HERE + "test_reconcile.py::test_a_surplus_alarms_and_stops_nothing",
    ),
    Mutant(
        "a shortfall stops at once",
        "chalicelib/flows/proof/reconcile.py",
        "if gap.units < 0 and seen > 1:",
        "if gap.units < 0:",
        HERE + "test_reconcile.py::test_a_shortfall_seen_twice_stops_its_token_until_a_person_clears_it",
    ),
    Mutant(
        "the same request holds twice",
        "chalicelib/flows/withdrawals/request.py",
        "withdrawal_id_from_client(user, name)",
        "withdrawal_id_from_client(user, self._ids.uuid())",
        HERE + "test_requests.py::test_the_same_id_is_the_same_withdrawal_and_holds_once",
    ),
    Mutant(
        "one person is enough",
        "chalicelib/flows/withdrawals/request.py",
        "APPROVALS = 2",
        "APPROVALS = 1",
        HERE + "test_requests.py::test_a_large_one_waits_for_two_people",
    ),
    Mutant(
        "a stop does not hold what is planned",
        "chalicelib/flows/runs/planning.py",
        "return any(map(lease.stopped, run.assets)) or any(",
        "return any(",
        HERE + "test_queue.py::test_a_planned_run_of_a_token_that_is_stopped_holds_up_no_other",
    ),
    Mutant(
        "the vault is filled with what is about to be paid",
        "chalicelib/flows/runs/planning.py",
        "each.excess - waiting[each.asset]",
        "each.excess",
        HERE + "test_reach.py::test_a_payment_that_leaves_anyway_is_not_taken_to_the_vault_first",
    ),
    Mutant(
        "a refill is begun anew after a crash",
        "chalicelib/flows/runs/refill.py",
        "run = begun or self._signed(lease, amount, token)",
        "run = self._signed(lease, amount, token)",
        HERE + "test_reach.py::test_a_refill_that_died_is_finished_and_not_made_twice",
    ),
    Mutant(
        "coins are gathered for what can not be paid",
        "chalicelib/flows/runs/planning.py",
        "payments = self._affordable(payments, positions)[:PAYMENTS_MAX]",
        "payments = (self._affordable(payments, positions), payments)[1][:PAYMENTS_MAX]",
        HERE + "test_reach.py::test_what_does_not_suffice_waits_and_is_told_and_is_paid_after_a_refill",
    ),
    Mutant(
        "a part of our blocks that landed is taken for all of them",
        "chalicelib/flows/runs/land.py",
        "return driver.resigned(run, there)",
        "return []",
        HERE + "test_proof.py::test_some_of_our_blocks_that_land_alone_are_posted_and_the_others_paid",
    ),
    Mutant(
        "what others put into our staple is booked as ours",
        "chalicelib/flows/runs/land.py",
        "if b.hash.hex() not in known and is_own(self._desk.reader, run, b)]",
        "if b.hash.hex() not in known]",
        HERE + "test_proof.py::test_a_stranger_who_pays_the_fee_of_our_votes_has_paid_it",
    ),
    Mutant(
        "an open place counts as dead",
        "chalicelib/flows/runs/resolve.py",
        "is_open |= bool(left) and way.end is Fate.OPEN",
        "is_open |= False",
        HERE + "test_proof.py::test_a_broken_run_is_not_resolved_while_a_block_of_it_could_still_land",
    ),
    Mutant(
        "what was set aside is released at once",
        "chalicelib/flows/runs/aside.py",
        "if block is None and way.end is Fate.OPEN:",
        "if False:",
        HERE
        + "test_proof.py::test_a_leg_that_is_refused_after_it_was_signed_is_set_aside_and_the_rest_is_paid",
    ),
    Mutant(
        "any block of its address releases what was set aside",
        "chalicelib/flows/runs/fate.py",
        "if not ours.may_precede(place):",
        "if True:",
        HERE + "test_aside.py::test_a_leg_set_aside_is_not_released_by_the_block_before_its_own",
    ),
    Mutant(
        "an own block in the way keeps a payment open",
        "chalicelib/flows/runs/fate.py",
        "if not ours.may_precede(place):",
        "if False:",
        HERE + "test_aside.py::test_a_payment_whose_address_pays_something_else_in_its_place_is_given_back",
    ),
    Mutant(
        "what a drill gave up is forgotten",
        "chalicelib/flows/runs/drill.py",
        "void.put(), *put_given_up(run))",
        "void.put())",
        HERE + "test_drills.py::test_a_grant_that_was_given_up_can_not_land_behind_a_revocation",
    ),
    Mutant(
        "a stranger's round is raced",
        "chalicelib/flows/runs/drive.py",
        "return may_split and self._desk.chain.is_raced(known)",
        "return False",
        HERE + "test_races.py::test_the_round_of_a_stranger_who_was_faster_is_finished",
    ),
    Mutant(
        "nobody looks at who signed a withdrawal",
        "chalicelib/flows/withdrawals/consent.py",
        "verify(account, message, signature)",
        "account, message, signature",
        HERE + "test_consent.py::test_each_word_of_the_request_is_signed",
    ),
    Mutant(
        "network fees are not booked",
        "chalicelib/flows/runs/blocks.py",
        "transfers += network_fee_transfers(source, amount)",
        "pass",
        HERE + "test_faults.py::test_fees_are_paid_from_the_treasury_and_booked",
    ),
)


def copied(directory: Path, mutant: Mutant | None) -> Path:
    """The project, changed. Raises ValueError when the text is not there exactly once."""
    for name in ("chalicelib", "tests", "infra"):
        ignore = shutil.ignore_patterns("node_modules", "__pycache__")
        shutil.copytree(ROOT / name, directory / name, ignore=ignore)
    for name in ("pyproject.toml", "app.py"):
        shutil.copy(ROOT / name, directory / name)
    (directory / NODE_MODULES).symlink_to(ROOT / NODE_MODULES)
    if mutant is not None:
        path = directory / mutant.file
        text = path.read_text()
        if text.count(mutant.before) != 1:
            raise ValueError(f"{mutant.name}: the text is not there exactly once")
        path.write_text(text.replace(mutant.before, mutant.after))
    return directory


def is_green(mutant: Mutant, *, changed: bool) -> bool:
    """Whether the mutant's test passes."""
    with tempfile.TemporaryDirectory() as name:
        where = copied(Path(name), mutant if changed else None)
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", mutant.test]
        environment = {**os.environ, "PYTHONPATH": str(where)}
        ran = subprocess.run(
            command, cwd=where, env=environment, capture_output=True, timeout=SECONDS_MAX, check=False
        )
        return ran.returncode == 0


def main(names: list[str]) -> int:
    chosen = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    missed = 0
    for mutant in chosen:
        noticed = is_green(mutant, changed=False) and not is_green(mutant, changed=True)
        missed += not noticed
        print(f"{'noticed' if noticed else 'MISSED '}  {mutant.name}", flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} mutants were noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
