"""How is the API served locally? By Chalice's own server, with what a fast client needs.

    python -m infra.local.api --port N [--project DIRECTORY]

`chalice local` serves the same routes; there a client that keeps its connection waits
40 ms for each answer, since headers and body travel apart and the second one is held back.
"""

import argparse
import logging
import signal
import threading
from types import FrameType

from chalice.cli.factory import CLIFactory
from chalice.local import ChaliceRequestHandler, LocalDevServer, ThreadedHTTPServer

from infra.local import leash
from infra.local.ports import HOST
from infra.local.state import ROOT


class Handler(ChaliceRequestHandler):
    disable_nagle_algorithm = True


class Server(ThreadedHTTPServer):
    # Many clients may come at the same moment; the default keeps five waiting.
    request_queue_size = 128


def local_server(project: str, port: int) -> LocalDevServer:
    # An environment of its own: this process's is right, and the stage's names the fixed ports.
    config = CLIFactory(project, environ={}).create_config_obj(chalice_stage_name="dev")
    return LocalDevServer(config.chalice_app, config, HOST, port, handler_cls=Handler, server_cls=Server)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--project", default=str(ROOT))
    parser.add_argument("--state", help="only to tell this process from another checkout's")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    server = local_server(given.project, given.port)

    def stop(_number: int, _frame: FrameType | None) -> None:
        # Not from this thread: `shutdown` waits for `serve_forever`, which runs in it.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    leash.watch()
    server.serve_forever()


if __name__ == "__main__":
    main()
