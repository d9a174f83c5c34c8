"""In what do the deployed stages differ? One line each; the names are those of `make package STAGE=`."""

from typing import NamedTuple

from chalicelib.wiring import LOCAL

PROJECT = "keeta-cex"


class UnknownStage(Exception):
    """No such stage is deployed."""


class Stage(NamedTuple):
    """requests_per_s and burst: what the gateway lets through. log_days: CloudWatch takes only some."""

    name: str
    network: str
    requests_per_s: int
    burst: int
    log_days: int
    tracing: bool

    @property
    def prefix(self) -> str:
        """How the names of everything begin, so that stages can share an account."""
        return f"cex-{self.name}"

    @property
    def tags(self) -> dict[str, str]:
        return {"project": PROJECT, "stage": self.name}


# A Lambda answers an order in about a second and an account runs 1,000 of them unless AWS is
# asked for more; half of that leaves the matchers and schedules their place.
STAGES = {
    stage.name: stage
    for stage in (
        Stage("prod", network="main", requests_per_s=500, burst=1000, log_days=365, tracing=True),
        Stage("staging", network="test", requests_per_s=50, burst=100, log_days=30, tracing=True),
    )
}
assert LOCAL not in STAGES, "the local stage has play money"


def stage_named(name: str) -> Stage:
    """Raises UnknownStage."""
    try:
        return STAGES[name]
    except KeyError:
        raise UnknownStage(f"no stage {name!r}; there are {', '.join(STAGES)}") from None
