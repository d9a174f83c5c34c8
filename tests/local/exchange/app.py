"""How small can an exchange be that the local stack runs? For its tests: it notes what it is given."""

import json
import os
from pathlib import Path

from chalice import Chalice, Rate

from chalicelib.flows.schema import matcher_name
from chalicelib.listing import MARKETS

app = Chalice(app_name="noting", configure_logs=False)


def note(name, event):
    with Path(os.environ["NOTES"]).open("a") as notes:
        notes.write(json.dumps([name, event]) + "\n")


@app.route("/health")
def health():
    return {"pid": os.getpid(), "stage": os.environ["CEX_STAGE"]}


def matcher(name):
    def handler(event):
        note(name, event.to_dict())
        return {"batchItemFailures": []}

    handler.__name__ = name
    arn = "arn:aws:sqs:us-east-1:000000000000:" + name
    return app.on_sqs_message(queue_arn=arn, batch_size=10, name=name)(handler)


for market in MARKETS.values():
    globals()[matcher_name(market)] = matcher(matcher_name(market))


@app.schedule(Rate(1, unit=Rate.MINUTES))
def sweeper(event):
    note("sweeper", event.to_dict())


@app.schedule(Rate(1, unit=Rate.MINUTES))
def snapshots(event):
    note("snapshots", event.to_dict())


@app.schedule(Rate(1, unit=Rate.MINUTES))
def clock(event):
    note("clock", event.to_dict())


@app.schedule(Rate(1, unit=Rate.HOURS))
def volumes(event):
    note("volumes", event.to_dict())
