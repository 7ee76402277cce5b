"""The planner by make: pages of a window in the browser, on this machine, until it is stopped."""

import argparse
import asyncio
import secrets
import sys

from insights import offline, params, store
from insights.scoring import CandidateError
from insights.serving import app
from insights.serving.desk import PlannerError, open_desk

STOPPED, REFUSED = 0, 2


def main(arguments: list[str] | None = None) -> int:
    """Answer planners until interrupted; return the exit code."""
    parser = argparse.ArgumentParser(prog="insights.serving", description=__doc__)
    parser.add_argument("window", nargs="?", default="")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        desk = open_desk(params.load(given.window or params.newest()))
        asyncio.run(_serve(desk, given.port))
    except (params.ParameterError, store.StoreError, CandidateError, PlannerError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("Stopped.")
    return STOPPED


async def _serve(desk, port):
    token = secrets.token_urlsafe(24)
    _, port = app.listen(desk, token, port)
    print(
        f"Planner of {desk.params.window}: http://{app.HOST}:{port}/?token={token}\nStop it with Ctrl-C.", flush=True
    )
    await asyncio.Event().wait()


if __name__ == "__main__":
    offline.forbid()
    sys.exit(main())
