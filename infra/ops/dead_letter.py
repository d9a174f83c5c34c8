"""What can an operator do about messages that no matcher could do? List, explain, and send them again.

A letter is sent first and removed after; whoever is killed between does both again. The market does a
command once, whatever comes twice, and what is late it brings to its end: so sending again is safe.
"""

import argparse
from collections import Counter
from collections.abc import Iterator

from chalicelib import listing
from chalicelib.adapters.dead_letters import DeadLetter
from chalicelib.errors import NotFound
from chalicelib.keeta.moment import iso
from chalicelib.market import Market
from chalicelib.wiring import Exchange
from infra.ops import answer
from infra.ops.action import add_action, perform
from infra.ops.answer import Answer
from infra.ops.command import Commands, Parser, command, group, market_of
from infra.ops.dead_letter_told import Told, commands_of, kind, run_of, told

SCHEDULES = "schedules"


def add_commands(commands: Commands) -> None:
    letters = group(commands, "dead-letter", "messages that no matcher could do, and schedules that failed")
    listed = command(letters, "list", run_list, "which there are", "dead-letter list --json")
    text = "what each of them asks for, and what would come of it"
    explain = command(letters, "explain", run_explain, text, "dead-letter explain KTA/USDT")
    text = "send them to their market again; failed runs of schedules are only put aside"
    redrive = command(
        letters,
        "redrive",
        run_redrive,
        text,
        'dead-letter redrive KTA/USDT --reason "store is back"',
        'dead-letter redrive KTA/USDT --id 5e0c... --reason "only this one" --yes',
    )
    _add_queue(listed, optional=True)
    for parser in (explain, redrive):
        _add_queue(parser)
        parser.add_argument("--id", action="append", help="of a letter, as `list` tells it; all unless given")
    add_action(redrive, moves_money=True)


def _add_queue(parser: Parser, *, optional: bool = False) -> None:
    names = [*sorted(listing.MARKETS), SCHEDULES]
    text = f"BASE/QUOTE or {SCHEDULES}" + ("; all of them unless it is given" if optional else "")
    parser.add_argument("queue", help=text, choices=names, metavar="QUEUE", nargs="?" if optional else None)


def run_list(house: Exchange, options: argparse.Namespace) -> int:
    """0 when there is none, 1 when there are some."""
    rows: list[dict[str, object]] = []
    waiting, hidden = 0, 0
    for name in [options.queue] if options.queue else [*house.markets, SCHEDULES]:
        try:
            found, looked_at = house.dead_letters.count(_market(house, name))
            waiting, hidden = waiting + found, hidden + looked_at
            with house.dead_letters.look(_market(house, name)) as letters:
                rows += [_row(name, letter) for letter in letters]
        except NotFound:
            if options.queue:
                raise  # not every stage has all of them
    value = {"letters": rows, "waiting": waiting, "looked_at_by_others": hidden}
    lines = answer.table(rows) or ["no dead letters"]
    if waiting > len(rows):
        lines.append(f"{waiting - len(rows)} more stand behind these, and are seen once these are gone")
    if hidden:
        lines.append(f"somebody else is looking at {hidden} more")
    well = not rows and not waiting and not hidden
    return answer.show(options, Answer(value, lines, answer.DONE if well else answer.NOT_WELL))


def run_explain(house: Exchange, options: argparse.Namespace) -> int:
    market = _market(house, options.queue)
    with house.dead_letters.look(market) as letters:
        chosen = _chosen(letters, options.id)
        found = [_explained(house, options.queue, market, letter) for letter in chosen]
    lines = [line for each in found for line in _lines(each)] or ["no dead letters"]
    return answer.show(options, Answer({"letters": found}, lines))


def run_redrive(house: Exchange, options: argparse.Namespace) -> int:
    """0 when all that was asked for is sent again."""
    market = _market(house, options.queue)
    with house.dead_letters.look(market) as letters:
        chosen = _chosen(letters, options.id)
    if not chosen:
        return answer.show(options, Answer({"redriven": []}, ["no dead letters"]))
    names = ", ".join(letter.id for letter in chosen)
    names += "" if options.id else ", and all that stand behind them"
    would = f"send {len(chosen)} messages to {options.queue} again: {names}"
    if market is None:
        would = f"put {len(chosen)} failed runs aside, since schedules come by themselves: {names}"
    return perform(house, options, options.queue, would, lambda: _redriven(house, market, options.id))


def _redriven(house: Exchange, market: Market | None, ids: list[str] | None) -> Answer:
    done: list[str] = []
    while sent := list(_sent(house, market, ids)):
        done += sent
    lacking = sorted(set(ids or ()) - set(done))
    what = "sent to the market again" if market is not None else "put aside"
    lines = [f"{len(done)} {what}: {', '.join(done)}"]
    lines += [f"not found any more: {', '.join(lacking)}"] if lacking else []
    code = answer.NOT_WELL if lacking else answer.DONE
    return Answer({"redriven": done, "not_found": lacking}, lines, code)


def _sent(house: Exchange, market: Market | None, ids: list[str] | None) -> Iterator[str]:
    """Those in front, in their order."""
    with house.dead_letters.look(market) as letters:
        for letter in letters:
            if ids is None or letter.id in ids:
                if market is not None:
                    house.dead_letters.send_again(market, letter)
                house.dead_letters.remove(market, letter)
                yield letter.id


def _market(house: Exchange, name: str) -> Market | None:
    return None if name == SCHEDULES else market_of(house, name)


def _chosen(letters: list[DeadLetter], ids: list[str] | None) -> list[DeadLetter]:
    """Raises NotFound for an id that is not among them."""
    if lacking := sorted(set(ids or ()) - {letter.id for letter in letters}):
        raise NotFound(f"not among those in front: {', '.join(lacking)}", code="no_such_letter")
    return [letter for letter in letters if ids is None or letter.id in ids]


def _row(queue: str, letter: DeadLetter) -> dict[str, object]:
    commands = Counter(map(kind, commands_of(letter)))
    about = run_of(letter)["function"] if queue == SCHEDULES else _counted(commands)
    since = iso(letter.since_ms)
    return {"queue": queue, "id": letter.id, "received": letter.receives, "dead since": since, "holds": about}


def _counted(names: Counter[str]) -> str:
    return ", ".join(name if n == 1 else f"{n} {name}" for name, n in names.items())


def _explained(house: Exchange, queue: str, market: Market | None, letter: DeadLetter) -> dict[str, object]:
    row = _row(queue, letter)
    if market is None:
        return {**row, "run": run_of(letter)}
    return {**row, "commands": [each._asdict() for each in told(house, market, letter)]}


def _lines(explained: dict[str, object]) -> Iterator[str]:
    yield f"letter {explained['id']} of {explained['queue']}"
    yield f"  received {explained['received']} times, dead since {explained['dead since']}"
    run = explained.get("run")
    if isinstance(run, dict):
        yield f"  a run of {run['function']} failed: {run['why']}; the schedule comes again by itself"
    commands = explained.get("commands", [])
    for each in commands if isinstance(commands, list) else []:
        yield from _command_lines(Told(**each))


def _command_lines(each: Told) -> Iterator[str]:
    yield f"  {each.command} {each.id}{': ' + each.asks if each.asks else ''}"
    if each.order:
        yield f"    order {each.order} of {each.user} is {each.state}"
    if each.late_ms is not None:
        late = (
            f"late since {each.late_ms // 1000} s" if each.late_ms > 0 else f"{-each.late_ms // 1000} s left"
        )
        yield f"    its time: {late}"
    yield f"    sent again: {each.then}"
