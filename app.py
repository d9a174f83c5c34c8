"""Every Lambda of the exchange, by name.

`api_handler` serves all routes; each market has a matcher; the others run on a schedule. Queue
and schedule handlers stay in this file: in a blueprint each would become the entry module
of its own Lambda and skip what is registered here.
"""

import os

from chalice.app import Chalice, CloudWatchEvent, Rate, SQSEvent

from chalicelib import handlers, listing
from chalicelib.flows import schema
from chalicelib.market import Market
from chalicelib.wiring import LOCAL

LOCAL_STAGE = os.environ.get("CEX_STAGE") == LOCAL

app = Chalice(app_name="keeta-cex", configure_logs=False)

# Lambda says which function this process is. Only the API needs its routes, and a matcher that starts cold
# has better things to do than to import them.
if os.environ.get("_HANDLER", "app.app") == "app.app":
    from chalicelib.api.routes import BLUEPRINTS

    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)


def register_matcher(market: Market) -> None:
    """One Lambda per market, under a name of its own in this module.

    Lambda finds a handler by function name and module attribute, and not by the name
    given to chalice: with one name for all, every queue would run the last market.
    """

    def matcher(event: SQSEvent) -> dict[str, list[dict[str, str]]]:
        return handlers.match(market, event.to_dict(), event.context)

    name = schema.matcher_name(market)
    matcher.__name__ = matcher.__qualname__ = name
    # An ARN, though of no account: `infra` replaces it by a reference to the real queue.
    queue = schema.queue_name(os.environ.get("CEX_PREFIX", "cex"), market)
    arn = f"arn:aws:sqs:us-east-1:000000000000:{queue}"
    globals()[name] = app.on_sqs_message(queue_arn=arn, batch_size=10, name=name)(matcher)


for listed in listing.markets(local=LOCAL_STAGE).values():
    register_matcher(listed)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def sweeper(event: CloudWatchEvent) -> None:
    handlers.sweep_all(event.context)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def snapshots(event: CloudWatchEvent) -> None:
    handlers.fold_all(event.context)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def clock(event: CloudWatchEvent) -> None:
    handlers.watch_clock(event.context)


@app.schedule(Rate(1, unit=Rate.HOURS))
def volumes(event: CloudWatchEvent) -> None:
    handlers.count_volumes(event.context)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def pool(event: CloudWatchEvent) -> None:
    handlers.fill_pool(event.context)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def deposits_follower(event: CloudWatchEvent) -> None:
    handlers.follow_deposits(event.context)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def payouts(event: CloudWatchEvent) -> None:
    handlers.pay_out(event.context)


@app.schedule(Rate(10, unit=Rate.MINUTES))
def settlement(event: CloudWatchEvent) -> None:
    handlers.settle(event.context)


@app.schedule(Rate(5, unit=Rate.MINUTES))
def reconciliation(event: CloudWatchEvent) -> None:
    handlers.reconcile(event.context)
