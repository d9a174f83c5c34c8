"""Do tables, plots and comparisons say what was found?"""

from xml.etree import ElementTree

import pytest

from bench import ceilings, plots, report
from bench.rivals import RIVALS, Fill
from bench.rivals.__main__ import Lap, found, row
from bench.rivals.install import installed
from bench.rivals.race import compared
from bench.svg import Bar, Line, bars, lines
from bench.workloads import WORKLOADS, Place, stream

FILLS = [Fill("t1", "m1", 10, 5), Fill("t1", "m2", 10, 2), Fill("t2", "m2", 11, 1)]


def test_a_table_puts_words_to_the_left_and_numbers_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    report.table(["what", "how many"], [["oranges", "7"], ["figs", "1,200"]])
    assert capsys.readouterr().out == (
        "| what    | how many |\n| ------- | -------: |\n| oranges |        7 |\n| figs    |    1,200 |\n"
    )


# --- rivals -----------------------------------------------------------------------------------


def test_the_same_fills_are_called_the_same() -> None:
    assert compared([tuple(fill) for fill in FILLS], FILLS) == "the same"


@pytest.mark.parametrize("change", [{"maker": "m9"}, {"price": 9}, {"quantity": 3}, {"taker": "t9"}])
def test_a_fill_that_differs_is_named(change: dict[str, str | int]) -> None:
    wrong = [FILLS[0], FILLS[1]._replace(**change), FILLS[2]]
    assert compared([tuple(fill) for fill in wrong], FILLS) == "differ from fill 2 on: 3, ours 3"


def test_fills_that_are_missing_are_noticed() -> None:
    assert compared([tuple(fill) for fill in FILLS[:2]], FILLS) == "differ from fill 3 on: 2, ours 3"


def test_a_rival_that_does_not_name_the_maker_is_compared_by_price_and_sum() -> None:
    sums = [("t1", "", 10, 7), ("t2", "", 11, 1)]
    assert compared(sums, FILLS) == "the same, makers not told"
    assert compared([("t1", "", 10, 6), *sums[1:]], FILLS) == "differ from fill 1 on: 2, ours 2"


def test_a_rival_that_can_not_be_installed_is_left_out_and_said_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(name: str, requirements: tuple[str, ...]) -> None:
        raise RuntimeError("no matching distribution")

    monkeypatch.setattr("bench.rivals.__main__.installed", refuse)
    assert found(["pyorderbook"]) == {}
    assert "pyorderbook can not be installed here" in capsys.readouterr().out


def test_what_pip_says_is_the_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr("bench.rivals.install.HOME", tmp_path)
    with pytest.raises(RuntimeError, match="nowhere"):
        installed("nothing", ("./nowhere",))


def test_every_rival_is_pinned() -> None:
    for rival in RIVALS.values():
        assert all("==" in requirement for requirement in rival.requirements)


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    ours = [Lap(100, ""), Lap(300, ""), Lap(200, "")]
    its = [Lap(50, "the same"), Lap(100, "the same"), Lap(400, "the same")]
    assert row("mix", "slow", its, ours)[2:] == (100, 200, 2.0, "the same")
    assert row("mix", "broken", [Lap(0, "crashed")], ours).ratio == 0


def test_a_workload_is_the_same_each_time_and_nobody_meets_himself() -> None:
    first, again = (stream(WORKLOADS[0], seed=7, count=300) for _ in range(2))
    assert first == again != stream(WORKLOADS[0], seed=8, count=300)
    places = [each for each in (*first.before, *first.commands) if isinstance(each, Place)]
    assert {place.user for place in places if place.side == "buy"}.isdisjoint(
        place.user for place in places if place.side == "sell"
    )


# --- ceilings ---------------------------------------------------------------------------------


def test_a_ceiling_is_the_limit_divided_by_what_one_order_takes_of_it() -> None:
    cost = {"write_units": [6.1], "market_units": 0.1, "messages": 1}
    costs = {
        "order that rests, ten at once": cost,
        "order that rests, 20 in one request": {**cost, "market_units": 0.05, "write_units": [4.15]},
        "order that fills one maker, ten at once": {**cost, "market_units": 0.4, "write_units": [18.4]},
    }
    market = {wall.name: wall[1:] for wall in ceilings.walls_of_a_market(costs)}
    account = {wall.name: wall[1:] for wall in ceilings.walls_of_an_account(costs)}
    assert market["journal: one key"] == pytest.approx((10_000, 20_000, 2_500))
    assert market["queue: 300 sends"] == (300, 6_000, 300)
    assert account["table of accounts: 40,000 units"] == pytest.approx((10_000, 19_048, 2_500), rel=1e-3)


# --- plots ------------------------------------------------------------------------------------


def elements(svg: str, kind: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(svg).findall(f"{{http://www.w3.org/2000/svg}}{kind}")


def test_bars_are_as_long_as_what_they_show() -> None:
    svg = bars(
        "Title", "note", [("a & b", [Bar("one", [(10, "main")], "10"), Bar("two", [(5, "other")], "5")])]
    )
    long, short = (float(bar.attrib["width"]) for bar in elements(svg, "rect"))
    assert long == pytest.approx(2 * short, abs=0.1)
    assert [text.text for text in elements(svg, "text")] == [
        "Title",
        "note",
        "a & b",
        "one",
        "10",
        "two",
        "5",
    ]


def test_a_line_goes_where_its_values_go() -> None:
    svg = lines("Title", "note", ["10", "100"], [Line("flat", [4, 4]), Line("falls", [8, 2])])
    flat, falls = (line.attrib["points"].split() for line in elements(svg, "polyline"))
    (_, start), (_, end) = (point.split(",") for point in flat)
    assert start == end
    (_, high), (_, low) = (point.split(",") for point in falls)
    assert float(high) < float(low)


def test_every_plot_draws_what_its_benchmark_keeps() -> None:
    wall = ["queue", 300, 6_000, 300]
    kept = {
        "rivals": [
            {"workload": "mix", "engine": "slow", "rate": 0, "ours": 9, "ratio": 0, "fills": "crashed: x"}
        ],
        "costs": {
            "depths": [10, 100],
            "costs": [{"name": name, "write_units": [7, 7]} for name in plots.LINES],
        },
        "cold": [{"orders": 10, "tail": 0, "seconds": 0.5}],
        "step": {"ten": [0.002, 0.0015, 1.3]},
        "ceilings": {"market": [wall], "account": [wall]},
    }
    assert set(kept) == set(plots.PLOTS)
    for name, draw in plots.PLOTS.items():
        assert elements(draw(kept[name]), "text")
