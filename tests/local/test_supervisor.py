"""Do the parts start together, stay up, and end together?"""

import json
import shutil
import signal
import socket

import pytest

from infra.local import ports, supervisor
from infra.local.ports import any_free
from infra.local.state import State
from infra.local.supervisor import AlreadyRunning, DidNotStart, Stack
from tests.local.conftest import PROJECT, alive, eventually, health, is_idle, send


def test_an_order_of_events_survives_the_death_of_every_part(noting):
    with noting.stack() as stack:
        for part in ("pump", "queues", "api", "dynamodb"):
            send(stack.sqs, f"before {part}")
            eventually(lambda part=part: f"before {part}" in noting.bodies())
            dead = stack.pid(part)
            stack.kill(part)
            eventually(lambda part=part, dead=dead: stack.pid(part) != dead)
            stack.wait_until_ready()
        send(stack.sqs, "after all")
        eventually(lambda: "after all" in noting.bodies())
        assert health(stack.url) == stack.pid("api")
        assert noting.noted("sweeper")
        assert noting.noted("snapshots")
        assert not stack.gave_up.is_set()


def test_a_description_tells_where_everything_is_while_it_runs(noting):
    with noting.stack() as stack:
        described = json.loads(noting.state.description.read_text())
        assert described["url"] == stack.url
        assert described["endpoints"] == {
            "dynamodb": stack.dynamodb,
            "sqs": stack.sqs,
            "keeta": stack.keeta,
        }
        assert described["pids"]["api"] == health(stack.url)
        assert described["environment"]["CEX_STAGE"] == "local"
        pids = described["pids"].values()
        assert all(alive(pid) for pid in pids)
    assert not noting.state.description.exists()
    assert not any(alive(pid) for pid in pids)


def test_a_state_has_one_stack_at_a_time(noting):
    other = State(noting.state.root)
    assert other.hold()
    with pytest.raises(AlreadyRunning), noting.stack():
        pass
    with noting.command("forget") as forget:
        assert forget.wait() == 1
    other.release()
    with noting.command("forget") as forget:
        assert forget.wait() == 0
    assert not noting.state.root.exists()


def test_a_part_that_can_not_start_says_why_and_nothing_is_left_behind(noting, tmp_path):
    shutil.copytree(PROJECT, tmp_path / "broken")
    (tmp_path / "broken" / "app.py").write_text("raise RuntimeError('no such market')")
    with (
        pytest.raises(DidNotStart, match="no such market"),
        Stack(noting.state, any_free, tmp_path / "broken"),
    ):
        pass
    assert noting.state.hold()
    noting.state.release()


def test_a_part_that_keeps_dying_is_given_up(noting, monkeypatch):
    monkeypatch.setattr(supervisor, "RESTARTS_WITHIN_SECONDS", 3600)
    with noting.stack() as stack:

        def killed_until_given_up():
            stack.kill("pump")
            return stack.gave_up.is_set()

        eventually(killed_until_given_up)
        assert "pump keeps dying" in stack.failure


def test_all_parts_end_when_the_supervisor_is_killed_and_the_next_one_goes_on(noting):
    with noting.command("up") as up:
        eventually(lambda: "pump" in (noting.state.described() or {}).get("pids", {}))
        described = noting.state.described()
        eventually(lambda: health(described["url"]))
        send(described["endpoints"]["sqs"], "first")
        eventually(lambda: noting.bodies() == ["first"])
        eventually(lambda: is_idle(described["endpoints"]["sqs"]))
        up.kill()
    eventually(lambda: not any(alive(pid) for pid in described["pids"].values()))
    with noting.stack() as stack:
        send(stack.sqs, "first")
        send(stack.sqs, "second")
        eventually(lambda: "second" in noting.bodies())
    assert noting.bodies() == ["first", "second"]


def test_a_command_runs_against_the_exchange_and_its_exit_code_counts(noting):
    check = "case {url} in http://127.0.0.1:*) exit 7;; esac"
    with noting.command("run", "--", "sh", "-c", check) as run:
        assert run.wait() == 7


def test_a_command_uses_the_exchange_that_runs_and_a_signal_ends_that_one_in_order(noting):
    with noting.command("up") as up:
        eventually(lambda: "pump" in (noting.state.described() or {}).get("pids", {}))
        described = noting.state.described()
        with noting.command("run", "--", "echo", "at {url}") as run:
            assert f"at {described['url']}" in run.communicate()[0]
            assert run.returncode == 0
        up.send_signal(signal.SIGINT)
        assert up.wait() == 0
    assert not any(alive(pid) for pid in described["pids"].values())


def test_a_port_that_is_taken_is_passed_over(monkeypatch):
    with socket.create_server((ports.HOST, 0)) as taken:
        number = taken.getsockname()[1]
        monkeypatch.setattr(ports, "FIXED", ports.Ports(number, number, number, number))
        assert number not in ports.fixed_or_next()


def test_ports_of_tests_are_such_as_no_outgoing_connection_takes():
    for _ in range(20):
        chosen = ports.any_free()
        assert len(set(chosen)) == len(chosen)
        assert all(10_000 <= number < 32_000 for number in chosen)
