"""Judges a round from outside: what the generator sent against what the sink received, message by message.

No number of a message comes back with its answer, so a guest's n-th answer belongs to the guest's n-th message.
"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Sequence
from typing import Any

from harness.process import Broken
from harness.sink_control import Ledger, SinkControl
from load.bodies import Secrets, Wish, cloud_request
from moments import monotonic, sleep

NO_PROGRESS_SECONDS = 20.0
SETTLE_SECONDS = 3.0
POLL_SECONDS = 0.2
STATUSES_PER_ANSWER = 3
PATIENCE_MS = 3_900.0  # Nightporter's desk gives a guest 4 s for more words where it is not sure

Result = dict[str, Any]


def wait_for_answers(sink: SinkControl, sent: int, acknowledged: int) -> None:
    """Waits until all sent messages are answered and all statuses taken, or nothing moves any more.

    Of the messages cut off at the generator's end only those the system had taken are answered: once the
    acknowledged ones are, a short silence is enough.
    """
    seen, since = (-1, -1), monotonic()
    while True:
        count = sink.ask("count")
        if count["accepted"] >= sent and not count["webhooks_waiting"]:
            return
        now_seen = (count["accepted"], count["webhooks_waiting"])
        if now_seen != seen:
            seen, since = now_seen, monotonic()
        patience = SETTLE_SECONDS if count["accepted"] >= acknowledged else NO_PROGRESS_SECONDS
        if monotonic() - since > patience:
            return
        sleep(POLL_SECONDS)


def missing(sent: Sequence[Wish], ledger: Ledger) -> list[Wish]:
    """The last messages of guests who got fewer answers than they wrote."""
    left = Counter(row[1] for row in ledger)
    found: list[Wish] = []
    for wish in sent:
        if left[wish.guest] > 0:
            left[wish.guest] -= 1
        else:
            found.append(wish)
    return found


def settle(sink: SinkControl, port: int, secrets: Secrets, sent: Sequence[Wish], acknowledged: int) -> Result:
    """Waits for the answers, sends what was cut off again as Meta would, and tells what is wrong in `void`."""
    wait_for_answers(sink, len(sent), acknowledged)
    first = sink.ledger()
    unanswered, cut_off = missing(sent, first), len(sent) - acknowledged
    faults: list[str] = []
    if len(unanswered) > cut_off:
        faults.append(f"{len(unanswered)} messages unanswered, only {cut_off} were cut off")
    for wish in unanswered:
        send_again(port, cloud_request(wish, secrets))
    if unanswered:
        wait_for_answers(sink, len(sent), len(sent))
    final = sink.ledger()
    lost = len(missing(sent, final))
    twice = sum((Counter(row[1] for row in final) - Counter(wish.guest for wish in sent)).values())
    if lost or twice:
        faults.append(f"{lost} messages without an answer, {twice} answers too many")
    statuses = sink.ask("stats")["webhooks"]["cloud"]
    if sink.statuses and (statuses["waiting"] or statuses["statuses"] < STATUSES_PER_ANSWER * len(final)):
        faults.append(
            f"{statuses['statuses']} statuses for {len(final)} answers, {statuses['waiting']} webhooks waiting"
        )
    return {
        "answers": len(first),
        "last_answer_at": first[-1][0] if first else 0.0,
        "sent_again": len(unanswered),
        "lost": lost,
        "twice": twice,
        "status_webhooks": statuses,
        "void": faults,
    }


def send_again(port: int, request: bytes) -> None:
    """One webhook on a connection of its own; raises Broken when it is not answered with 200."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(request)
        status = connection.recv(4096)[9:12]
    if status != b"200":
        raise Broken(f"a message sent again was answered with {status!r}")


def latencies(records: Sequence[Result], ledger: Ledger) -> Result:
    """From sending a message to the provider's acceptance of its answer, and to its acknowledgement (milliseconds)."""
    answers: dict[str, list[float]] = {}
    for at, guest, _, _ in ledger:
        answers.setdefault(guest, []).append(at)
    turns: Counter[str] = Counter()
    accepted: list[float] = []
    waited: Counter[str] = Counter()
    for record in records:
        guest, turn = record["guest"], turns[record["guest"]]
        turns[guest] += 1
        if turn < len(answers.get(guest, [])):
            accepted.append((answers[guest][turn] - record["sent_at"]) * 1000)
            waited[record["text"]] += accepted[-1] >= PATIENCE_MS
    at_once = [latency for latency in accepted if latency < PATIENCE_MS]
    acknowledged = [(r["acknowledged_at"] - r["sent_at"]) * 1000 for r in records if r["status"] == 200]
    faults: list[str] = []
    if len(acknowledged) < len(records):
        faults.append(f"{len(records) - len(acknowledged)} messages not acknowledged")
    if len(accepted) < len(records) or len(ledger) != len(records):
        faults.append(f"{len(ledger)} answers to {len(records)} messages")
    return {
        "messages": len(records),
        "answer_p50_ms": percentile(accepted, 50),
        "answer_p99_ms": percentile(accepted, 99),
        "answer_max_ms": percentile(accepted, 100),
        "at_once_p50_ms": percentile(at_once, 50),
        "at_once_p99_ms": percentile(at_once, 99),
        "waited_percent": 100 * (len(accepted) - len(at_once)) / max(len(accepted), 1),
        "waited": dict(+waited),
        "ack_p50_ms": percentile(acknowledged, 50),
        "ack_p99_ms": percentile(acknowledged, 99),
        "generator_late_p99_ms": percentile([(r["sent_at"] - r["planned_at"]) * 1000 for r in records], 99),
        "void": faults,
    }


def percentile(values: Sequence[float], rank: int) -> float:
    """The smallest value that `rank` percent of the values do not exceed; 0 when there is none."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * rank // 100) - 1)] if ordered else 0.0
