"""How does a test change the running local Keeta network: its clock, fees, failures?

Works on a network that was started with ``Options(controls=True)``. Every call answers with the
state it leaves behind, as ``http/controls.mjs`` describes it.
"""

from __future__ import annotations

from typing import Any, Literal

import httpx

from infra.local.keeta.process import LocalNetwork

Condition = Literal["up", "unavailable", "reset", "silent"]
Action = Literal["drop_request", "drop_response", "delay"]


class Controls:
    """The controls of one network. Representatives are numbered from 1; None means all."""

    def __init__(self, network: LocalNetwork) -> None:
        self._url = network.description["controls"]

    def state(self) -> Any:
        """What is set now."""
        return httpx.get(self._url).raise_for_status().json()

    def clock(self, offset_ms: int) -> Any:
        """Let the network believe it is this much later than the machine does (0: no shift)."""
        return self._post("clock", {"offset_ms": offset_ms})

    def fee(
        self,
        amount: int | None,
        *,
        representative: int | None = None,
        pay_to: str | None = None,
        token: str | None = None,
    ) -> Any:
        """What a vote costs, in base units of ``token`` (the base token by default); None: nothing."""
        return self._post(
            "fee",
            {
                "amount": None if amount is None else str(amount),
                "representative": representative,
                "pay_to": pay_to,
                "token": token,
            },
        )

    def condition(
        self, condition: Condition, *, representative: int | None = None, catch_up: bool = True
    ) -> Any:
        """Take a representative down in one of three ways, or up again, with what it missed or not."""
        return self._post(
            "condition", {"condition": condition, "representative": representative, "catch_up": catch_up}
        )

    def gossip(self, enabled: bool) -> Any:
        """Whether representatives tell each other what landed."""
        return self._post("gossip", {"enabled": enabled})

    def fault(
        self,
        route: str,
        action: Action,
        *,
        representative: int | None = None,
        times: int = 1,
        skip: int = 0,
        delay_ms: int = 0,
    ) -> Any:
        """Hit the next requests to a route: names are in README.md, "*" means every route."""
        return self._post(
            "faults",
            {
                "route": route,
                "action": action,
                "representative": representative,
                "times": times,
                "skip": skip,
                "delay_ms": delay_ms,
            },
        )

    def reset(self) -> Any:
        """Back to how the network was started: clock, fees, conditions, gossip, no faults."""
        return self._post("reset", {})

    def _post(self, name: str, body: dict[str, Any]) -> Any:
        given = {key: value for key, value in body.items() if value is not None}
        return httpx.post(f"{self._url}/{name}", json=given).raise_for_status().json()
