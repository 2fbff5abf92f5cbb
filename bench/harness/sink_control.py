"""The provider sink as the orchestrator sees it: started, asked, stopped."""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

from harness.process import start, wait_for_port
from harness.systems import BENCH, SECRETS

Ledger = list[tuple[float, str, str, str]]
"""What the sink accepted: (monotonic seconds, recipient, the sender's own id, the given id)."""


class SinkControl:
    """The provider sink as the orchestrator sees it."""

    def __init__(self, folder: Path, node_port: int, *, port: int, statuses: bool, work: int) -> None:
        self.folder = folder
        self.port = port
        self.statuses = statuses
        command = [sys.executable, "-m", "sink.server", "--port", str(port), "--work", str(work)]
        command += ["--webhook", f"http://127.0.0.1:{node_port}", "--secret", SECRETS.app_secret]
        command += ["--spoki-secret", SECRETS.spoki_secret, "--phone-number-id", SECRETS.phone_number_id]
        self.program = start("sink", command + ([] if statuses else ["--no-statuses"]), folder, {}, BENCH)
        wait_for_port(self.program, port)

    def ask(self, what: str, body: dict[str, str] | None = None) -> Any:
        """`count`, `stats`, `reset` or `dump`."""
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/_sink/{what}", data=data)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def ledger(self) -> Ledger:
        """All that was accepted: (monotonic seconds, recipient, the sender's own id, the given id)."""
        path = self.folder / "ledger.jsonl"
        self.ask("dump", {"path": str(path)})
        with path.open() as lines:
            return [tuple(json.loads(line)) for line in lines]
