"""Breaks a rule of the core on purpose, in a copy of the sources, and sees that a test or a seed notices.

.venv/bin/python scripts/mutants.py            # all of them, one after the other
.venv/bin/python scripts/mutants.py blind-resend
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
SEEDS = 2_000
STORE_TESTS = ("pytest", "-q", "-x", "-p", "no:randomly", "tests/store")
CAUTION_TESTS = (*STORE_TESTS[:-1], "tests/backup/test_caution.py")
TAKING_TESTS = (*STORE_TESTS[:-1], "tests/backup/test_taking.py")
SIM = ("nightporter.testing.sim", "--seeds", str(SEEDS), "--stop")


@dataclass(frozen=True)
class Mutant:
    """One rule broken: replacements by file, and who must notice."""

    name: str
    rule: str
    changes: tuple[tuple[str, str, str], ...]  # file below src/nightporter, what stands there, what instead
    judge: tuple[str, ...] = SIM


MUTANTS = (
    Mutant(
        "200-before-commit",
        "G1",
        (
            (
                "gateway/door.py",
                "if not await self._read_and_keep(delivery):",
                "if __import__('asyncio').ensure_future(self._read_and_keep(delivery)) is None:",
            ),
        ),
    ),
    Mutant(
        "no-unique-index",
        "IN3",
        (
            (
                "store/schema/0001_first.sql",
                "CREATE UNIQUE INDEX entries_dedupe",
                "CREATE INDEX entries_dedupe",
            ),
            ("journal/entries.py", "entry_id(entry, key), key, entry.kind", "ids.new(), key, entry.kind"),
        ),
    ),
    Mutant(
        "send-before-claim",
        "SD1",
        (("rounds/commit.py", "mine = by if claim and number == 0 else None", "mine = None"),),
    ),
    Mutant(
        "blind-resend",
        "SD3",
        (
            (
                "outbox/messages.py",
                'unknown(tx, outbox_id, attempt, "the node stopped while this was being sent", now_ms)',
                'waits_again(tx, outbox_id, attempt, "released", "again", now_ms, now_ms)',
            ),
        ),
    ),
    Mutant(
        "no-order-per-guest",
        "G3",
        (
            (
                "store/queries/outbox.sql",
                "AND e.state IN ('waiting', 'sending') AND e.created_ms",
                "AND 0 AND e.created_ms",
            ),
            ("rounds/turns.py", "(not party.unsent or decision.trace.emergency)", "True"),
            ("rounds/lane.py", "or conversation_id in self._busy", ""),
            (
                "store/queries/outbox.sql",
                "ORDER BY o.due_ms, o.outbox_id LIMIT",
                "ORDER BY o.outbox_id DESC LIMIT",
            ),
        ),
    ),
    Mutant(
        "group-rollback-ignored",
        "ST3",
        (("store/group.py", "if tx.lost is not None or not connection.in_transaction:", "if False:"),),
        STORE_TESTS,
    ),
    Mutant(
        "synchronous-off",
        "ST5",
        (("store/store.py", 'synchronous: str = "FULL"', 'synchronous: str = "OFF"'),),
        STORE_TESTS,
    ),
    Mutant(
        "restored-answers-again",
        "G4",
        (
            ("backup/caution.py", 'tx.run("entries_in_doubt")', "0"),
            ("journal/entries.py", "min(entry.at_ms, delivery.received_ms) <= unknown_ms or ", ""),
        ),
        CAUTION_TESTS,
    ),
    Mutant(
        "restored-sends-again",
        "G4",
        (("backup/caution.py", "for outbox_id, attempts in waiting:", "for outbox_id, attempts in ():"),),
        CAUTION_TESTS,
    ),
    Mutant(
        "drill-believes-the-record",
        "G8",
        (("backup/taking.py", "found = list(content.faults)", "return []"),),
        TAKING_TESTS,
    ),
)


def tried(mutant: Mutant) -> bool:
    """True when somebody noticed. Raises when a place to break is not there any more."""
    folder = Path(tempfile.mkdtemp(prefix="nightporter-mutant-"))
    try:
        shutil.copytree(ROOT / "src", folder / "src")
        for name, old, new in mutant.changes:
            file = folder / "src/nightporter" / name
            text = file.read_text("utf-8")
            if old not in text:
                raise SystemExit(f"{mutant.name}: {name} has no {old!r} any more; mend scripts/mutants.py")
            file.write_text(text.replace(old, new), "utf-8")
        environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", *mutant.judge]
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        words = [line for line in run.stdout.splitlines() if line.startswith(("seed ", "FAILED", "ERROR"))]
        if run.returncode and not words:  # it did not get as far as judging
            raise SystemExit(f"{mutant.name}: {(run.stderr or run.stdout)[-1500:]}")
        verdict = "noticed" if words else "NOT NOTICED"
        print(f"{mutant.name:24} {mutant.rule:4} {verdict}  {(words or [''])[0][:110]}", flush=True)
        return bool(words)
    finally:
        shutil.rmtree(folder)


def main() -> int:
    """Exit code 1 when a mutant lives."""
    wanted = set(sys.argv[1:])
    noticed = [tried(mutant) for mutant in MUTANTS if not wanted or mutant.name in wanted]
    return 0 if all(noticed) else 1


if __name__ == "__main__":
    sys.exit(main())
