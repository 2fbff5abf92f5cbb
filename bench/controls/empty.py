"""The control: Starlette on uvicorn, as Nightporter's door, answering every webhook with an empty 200.

Run as `python -m controls.empty --port 3001`.
"""

from __future__ import annotations

import argparse

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

BACKLOG = 4096


async def webhook(request: Request) -> Response:
    """Reads the body and throws it away."""
    await request.body()
    return Response()


async def health(_request: Request) -> Response:
    """Says that it is there."""
    return Response()


def main() -> None:
    """Reads the command line and serves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    routes = [Route("/webhooks/whatsapp", webhook, methods=["POST"]), Route("/health", health)]
    uvicorn.run(
        Starlette(routes=routes),
        host="127.0.0.1",
        port=options.port,
        backlog=BACKLOG,
        access_log=False,
        log_level="warning",
        loop="uvloop",
        http="httptools",
        server_header=False,
        date_header=False,
    )


if __name__ == "__main__":
    main()
