"""Do the terminal and the pictures show what was measured?"""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from infra.local.state import VARIABLE, State
from infra.watch.__main__ import main
from infra.watch.charts import ANY, Dashboard, Stat, Widget, ours
from infra.watch.lines import Point
from infra.watch.local import Follower, local_dashboards
from infra.watch.picture import svg
from infra.watch.screen import page, sparkline
from infra.watch.series import Series

EMF = (
    '{{"_aws":{{"Timestamp":{time},"CloudWatchMetrics":[{{"Namespace":"n","Dimensions":[["market"]],'
    '"Metrics":[{{"Name":"Fills","Unit":"Count"}}]}}]}},"market":"KTA/USDT","Fills":[{fills}]}}\n'
)


def series(*fills: float) -> Series:
    """One stretch of ten seconds for each."""
    made = Series(10_000)
    made.add(
        Point(10_000 * n, "Fills", (("market", "KTA/USDT"),), (each,)) for n, each in enumerate(fills) if each
    )
    return made


@pytest.mark.parametrize(
    ("statistic", "value"), [("Sum", 15), ("Average", 3), ("Maximum", 9), ("Minimum", 1), ("p99", 9)]
)
def test_a_statistic_adds_up_what_was_measured_in_a_stretch(statistic: Stat, value: int) -> None:
    made = Series(10_000)
    made.add([Point(20_000, "RequestMs", (), (1, 2, 9)), Point(29_999, "RequestMs", (), (1, 2))])
    assert made.values(ours("RequestMs", statistic), 1, 3) == {"RequestMs": [None, value, None]}


def test_a_line_for_any_value_becomes_as_many_as_there_are() -> None:
    made = Series(10_000)
    made.add(Point(0, "Alarms", (("reason", reason),), (1,)) for reason in ("market_halted", "run_broken"))
    assert set(made.values(ours("Alarms", reason=ANY), 0, 0)) == {"market_halted", "run_broken"}
    assert set(made.values(ours("Alarms", reason="run_broken"), 0, 0)) == {"Alarms run_broken"}
    assert made.values(ours("Alarms"), 0, 0) == {}, "another metric, though of the same name"


def test_the_screen_shows_the_newest_value_and_how_it_came_there() -> None:
    board = Dashboard("exchange", (Widget("Trades", (ours("Fills", market="KTA/USDT"),)), Widget("None", ())))
    shown = page(board, series(1, 0, 8, 4), now_ms=30_000)
    assert "Trades" in shown
    assert "None" not in shown
    (line,) = (line for line in shown.splitlines() if "Fills KTA/USDT" in line)
    assert line.split()[2:] == ["4", "▂", "█▅"]


def test_a_sparkline_has_a_gap_where_nothing_was_measured() -> None:
    assert sparkline([0.0, None, 7.0, 3.5]) == "▁ █▅"


def test_a_picture_is_an_image_with_a_line_for_each_metric() -> None:
    board = Dashboard("exchange", (Widget("Trades", (ours("Fills", market="KTA/USDT"),)),))
    root = ElementTree.fromstring(svg(board, series(1, 2, 3), "a day"))
    (line,) = root.iter("{http://www.w3.org/2000/svg}polyline")
    assert len(line.attrib["points"].split()) == 3


def test_a_log_is_followed_and_read_anew_when_it_was_begun_anew(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    follower = Follower(log)
    assert list(follower.lines()) == []
    log.write_text("one\ntw")
    assert list(follower.lines()) == ["one\n"]
    log.write_text("one\ntwo\n")
    assert list(follower.lines()) == ["two\n"]
    log.write_text("new\n")
    assert list(follower.lines()) == ["new\n"]


def test_make_watch_looks_at_the_logs_of_the_local_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    state = State(tmp_path)
    assert main(["--pictures", str(tmp_path / "out")]) == 1, "nothing was measured yet"
    state.logs.mkdir(parents=True)
    state.log("pump").write_text(
        "a note\n" + EMF.format(time=0, fills="2.0") + EMF.format(time=60_000, fills="3.0")
    )
    assert main(["--once"]) == 0
    assert "exchange: the last" in capsys.readouterr().out
    assert main(["--pictures", str(tmp_path / "out")]) == 0
    assert "Fills" in (tmp_path / "out" / "market-kta-usdt.svg").read_text()


def test_locally_there_are_the_same_dashboards_without_what_only_aws_measures() -> None:
    found = local_dashboards()
    assert {"exchange", "money", "market-kta-usdt"} <= {each.name for each in found}
    assert all(line.is_ours for each in found for widget in each.widgets for line in widget.lines)
