"""Runs a provider fake as a process: `python -m nightporter.testing.providers --port 0 --webhook-url URL`.

Prints one JSON line with its address, then serves until SIGTERM or Ctrl-C.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

from nightporter.clock import SystemClock, system_chance
from nightporter.testing.providers.behaviour import Behaviour
from nightporter.testing.providers.chance import Dice
from nightporter.testing.providers.core import ProviderCore
from nightporter.testing.providers.ledger import Ledger
from nightporter.testing.providers.meta import MetaProvider
from nightporter.testing.providers.meta_bodies import MetaAccount
from nightporter.testing.providers.server import LedgerFile, ProviderServer
from nightporter.testing.providers.spoki import SpokiProvider
from nightporter.testing.providers.spoki_bodies import SpokiAccount


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m nightporter.testing.providers", description=__doc__)
    parser.add_argument("--provider", choices=("meta", "spoki"), default="meta")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument(
        "--webhook-url", help="the node's webhook route; can be set later by /_fake/webhook_url"
    )
    parser.add_argument("--token", help="the valid bearer (Cloud API) or API key (Spoki)")
    parser.add_argument("--app-secret", help="signs webhooks; for Spoki it is the secret of every event")
    parser.add_argument("--phone-number-id", help="our number at the Cloud API")
    parser.add_argument("--display-number", default="390471100200", help="its digits")
    parser.add_argument("--ledger", type=Path, help="JSON-lines file to append the ledger to")
    parser.add_argument("--behaviour", default="{}", help="JSON object of Behaviour fields")
    parser.add_argument("--seed", type=int, help="makes chance repeatable")
    return parser.parse_args()


def _core(options: argparse.Namespace, ledger: Ledger) -> ProviderCore:
    chance = system_chance() if options.seed is None else Dice(options.seed)
    behaviour = Behaviour()
    behaviour.change(json.loads(options.behaviour))
    if options.provider == "meta":
        account = MetaAccount()
        account.token = options.token or account.token
        account.app_secret = options.app_secret or account.app_secret
        if options.phone_number_id:
            account.numbers = {options.phone_number_id: options.display_number}
        return MetaProvider(chance, account, behaviour, ledger, options.webhook_url)
    spoki = SpokiAccount()
    spoki.api_key = options.token or spoki.api_key
    if options.app_secret:
        spoki.secrets = dict.fromkeys(spoki.secrets, str(options.app_secret))
    return SpokiProvider(chance, spoki, behaviour, ledger, options.webhook_url)


async def _serve(options: argparse.Namespace) -> None:
    sink = None if options.ledger is None else LedgerFile(options.ledger)
    core = _core(options, Ledger(sink))
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = ProviderServer(core, SystemClock())
    url = await server.start(options.host, options.port)
    sys.stdout.write(json.dumps({"url": url, "provider": options.provider}) + "\n")
    sys.stdout.flush()
    await stopped.wait()
    await server.stop()
    if sink is not None:
        sink.close()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
