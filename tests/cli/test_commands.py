"""Commands: on a folder without a node, over the control socket of a running one, and what they say when refused."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nightporter.app.folder import alone
from nightporter.app.logbook import Logbook
from nightporter.app.serve import running
from nightporter.cli import main
from nightporter.clock import SystemClock
from nightporter.config.settings import load
from nightporter.journal import entries
from nightporter.journal.deliveries import Bodies, Delivery, bring_dictionary, keep
from nightporter.model.decision import NewTask
from nightporter.model.guest import Identity, IdentityKind
from nightporter.model.message import Entry, EntryKind, Message, MessageKind
from nightporter.model.outbox import Content, OutboxMessage, OutboxState
from nightporter.outbox import messages, tasks
from nightporter.outbox.messages import Claim
from nightporter.store import Tx
from nightporter.testing.demo import HOTEL_FILE

ID = "0190000000aa-00112233445566778899-0"
NOW_MS = 1_788_000_000_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NIGHTPORTER_GATEWAY", "127.0.0.1:0")
    monkeypatch.setenv("NIGHTPORTER_CONSOLE", "127.0.0.1:0")
    monkeypatch.setenv("NIGHTPORTER_STORE__RESERVE_BYTES", "0")
    monkeypatch.setenv("HOTEL_FILE", str(HOTEL_FILE))
    return tmp_path / "data"


class Shell:
    """Runs commands in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def json(self, *words: str) -> Any:
        code, out, err = self.run(*words, "--json")
        assert code == 0, err
        return json.loads(out)

    def run(self, *words: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        code = main(words)
        told = self._capsys.readouterr()
        return code, told.out, told.err

    def refused(self, *words: str, code: int = 1) -> str:
        found, out, err = self.run(*words)
        assert (found, out, err.count("\n")) == (code, "", 1)
        return err


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], folder: Path) -> Shell:  # noqa: ARG001 - the settings' folder
    return Shell(capsys)


def written(unit: Callable[[Tx], Any]) -> None:
    """Write into the folder as a node would, while none runs."""

    async def main_() -> None:
        async with alone(load()) as ground:
            await ground.gate.node.write(unit)

    asyncio.run(main_())


def a_message(state: OutboxState) -> None:
    """One message of ours in that state, to a guest who wrote."""

    async def main_() -> None:
        async with alone(load()) as ground:
            node = ground.gate.node
            phone = Identity(IdentityKind.PHONE, "390471000111")
            heard = Message(kind=MessageKind.TEXT, text="wifi?")
            entry = Entry(
                kind=EntryKind.MESSAGE, channel="whatsapp", dedupe="wamid.1", at_ms=NOW_MS, provider_id="wamid.1",
                identities=(phone,), message=heard,
            )  # fmt: skip
            delivery = Delivery(node.ids.new(), "whatsapp", NOW_MS, b"{}")
            conversation = await node.write(
                lambda tx: entries.add(tx, node.ids, delivery, 0, entry, ours=True)
            )
            message = OutboxMessage(
                outbox_id=ID, channel="whatsapp", number="", conversation_id=conversation or "",
                to_phone="390471000111", content=Content(text="Hello"),
            )  # fmt: skip
            claim = None if state is OutboxState.WAITING else Claim(node.lease.epoch)

            def unit(tx: Tx) -> None:
                messages.add(
                    tx,
                    message,
                    origin="machine",
                    covers=("wamid.1",),
                    discloses=False,
                    now_ms=NOW_MS,
                    claim=claim,
                )
                if state is OutboxState.MAYBE_SENT:
                    messages.unknown(tx, ID, 1, "timeout", NOW_MS)
                    messages.settle(tx, ID, OutboxState.MAYBE_SENT, NOW_MS)
                    task = NewTask(
                        key=f"maybe-sent:{ID}", department="reception", reason="maybe_sent", summary=""
                    )
                    tasks.add(tx, "task-1", task, conversation, NOW_MS)

            await node.write(unit)

    asyncio.run(main_())


def test_a_folder_without_data_is_one_line(shell: Shell) -> None:
    for words in (
        ["outbox", "list"],
        ["tasks", "list"],
        ["questions"],
        ["guests", "list"],
        ["keys", "list"],
        ["logs"],
        ["status"],
    ):
        assert "NP-014" in shell.refused(*words)
    assert "NP-013" in shell.refused("health")


def test_keys_are_shown_once_and_kept_hashed(shell: Shell, folder: Path) -> None:
    made = shell.json("keys", "create", "booking", "--scope", "hotel:write")
    assert made["key"].startswith("np_")
    assert made["scopes"] == ["hotel:write"]
    (listed,) = shell.json("keys", "list")
    assert (listed["name"], listed["revoked_at"]) == ("booking", None)
    assert "key" not in listed
    assert made["key"].encode() not in (folder / "hotel.db").read_bytes()
    shell.json("keys", "revoke", made["id"])
    assert shell.json("keys", "list")[0]["revoked_at"]
    assert "no key" in shell.refused("keys", "revoke", made["id"])
    assert "must be one of" in shell.refused("keys", "create", "x", "--scope", "everything")


def test_guests_and_stays(shell: Shell) -> None:
    shell.json("guests", "add", "--phone", "+39 0471 000 111", "--name", "Guest", "--language", "de")
    options = ["--source", "b", "--code", "K7", "--guest", "+390471000111", "--arrival", "2026-08-31"]
    stay = shell.json("stays", "add", *options, "--departure", "2026-09-02", "--flight", "az 1234")
    assert (stay["source"], stay["code"], stay["flight"]) == ("b", "K7", "AZ1234")
    assert shell.json("stays", "add", *options, "--departure", "2026-09-03")["id"] == stay["id"]
    (listed,) = shell.json("stays", "list", "--since", "2026-08-01")
    assert listed["departure"] == "2026-09-03"
    whole = shell.json("guests", "show", "+390471000111")
    assert (whole["name"], whole["language"], whole["stays"][0]["role"]) == ("Guest", "de", "booker")
    assert [guest["phone"] for guest in shell.json("guests", "list")] == ["390471000111"]
    assert "departure" in shell.refused("stays", "add", *options, "--departure", "2026-08-30")
    assert "phone" in shell.refused("guests", "add", "--phone", "nobody")
    assert "NP-014" in shell.refused("guests", "show", "nobody")


def test_maybe_sent_is_listed_and_settled_with_its_task(shell: Shell) -> None:
    a_message(OutboxState.MAYBE_SENT)
    (line,) = shell.json("outbox", "list", "--state", "maybe_sent")
    assert (line["id"], line["channel"], line["to"]) == (ID, "whatsapp", "390471000111")
    assert (line["state"], line["covers"]) == ("maybe_sent", ["wamid.1"])
    assert [task["id"] for task in shell.json("tasks", "list")] == ["task-1"]
    assert "NP-015" in shell.refused("outbox", "retry", ID)
    assert shell.json("outbox", "settle", ID, "sent")["state"] == "sent"
    assert shell.json("tasks", "list") == []
    assert shell.json("outbox", "list", "--state", "maybe_sent") == []
    assert shell.json("outbox", "show", ID)["attempts"][0]["outcome"] == "unknown"


def test_not_sent_may_be_sent_again(shell: Shell) -> None:
    a_message(OutboxState.MAYBE_SENT)
    assert shell.json("outbox", "settle", ID, "not-sent")["state"] == "failed"
    assert shell.json("outbox", "retry", ID)["state"] == "waiting"
    assert shell.json("outbox", "drop", ID)["state"] == "dead"
    assert "NP-015" in shell.refused("outbox", "drop", ID)
    assert "NP-014" in shell.refused("outbox", "drop", "nothing")


def test_what_is_being_sent_is_never_sent_again(shell: Shell) -> None:
    a_message(OutboxState.SENDING)
    for words in (["retry", ID], ["drop", ID], ["settle", ID, "not-sent"]):
        assert "is sending" in shell.refused("outbox", *words)


def test_an_unknown_state_or_option_is_one_line(shell: Shell) -> None:
    assert "known: waiting" in shell.refused("outbox", "list", "--state", "lost", code=2)
    assert "--help" in shell.refused("outbox", "list", "--colour", code=2)
    assert "--help" in shell.refused("nonsense", code=2)
    assert "--help" in shell.refused("outbox", "settle", ID, "perhaps", code=2)


def test_a_task_is_taken_once(shell: Shell) -> None:
    task = NewTask(key="taken", department="reception", reason="request", summary="towels")
    written(lambda tx: tasks.add(tx, "task-8", task, None, NOW_MS))
    assert shell.json("tasks", "take", "task-8") == {"id": "task-8", "state": "taken"}
    assert "NP-014" in shell.refused("tasks", "take", "task-8")
    assert "NP-014" in shell.refused("tasks", "take", "nothing")


def test_tasks_are_done_once(shell: Shell) -> None:
    task = NewTask(key="k", department="reception", reason="asked_for_person", summary="a towel")
    written(lambda tx: tasks.add(tx, "task-9", task, None, NOW_MS))
    assert shell.json("tasks", "done", "task-9") == {"id": "task-9", "state": "done"}
    assert "NP-014" in shell.refused("tasks", "done", "task-9")


def test_what_had_no_answer_is_listed_with_a_line_for_the_file(shell: Shell) -> None:
    def unit(tx: Tx) -> None:
        for number, reason in enumerate(("not_in_file", "unsure", "asked_for_person")):
            task = NewTask(
                key=f"k{number}", department="reception", reason=reason, summary="how deep?", topic="pool"
            )
            tasks.add(tx, f"task-{number}", task, None, NOW_MS)

    written(unit)
    (pool,) = shell.json("questions", "--days", "400")
    assert (pool["topic"], pool["count"], pool["examples"]) == ("pool", 2, ["how deep?"])
    assert pool["reasons"] == {"not_in_file": 1, "unsure": 1}
    assert pool["suggestion"] == 'pool: {text: {it: "..."}}'
    code, out, _ = shell.run("questions")
    assert code == 0
    assert "pool" in out
    assert "--help" in shell.refused("questions", "--days", "0", code=2)


def test_pause_and_resume_survive(shell: Shell) -> None:
    assert shell.json("pause", "delivery")["state"] == "paused"
    assert shell.json("resume", "all")["state"] == "running"


def test_reparse_marks_kept_webhooks(shell: Shell) -> None:
    async def main_() -> None:
        async with alone(load()) as ground:
            node = ground.gate.node
            await node.write(bring_dictionary)
            delivery = Delivery("01900000", "whatsapp", NOW_MS, b'{"entry": []}')
            await node.write(keep(delivery, Bodies(node.store.view).pack(delivery.body)))
            await node.write(lambda tx: tx.run("delivery_done", ("odd", 1, "01900000")))

    asyncio.run(main_())
    assert shell.json("events", "reparse", "--odd") == {"deliveries": 1, "when": "at the next start"}
    assert shell.json("status")["queues"]["deliveries"] == 1
    assert shell.json("events", "reparse", "--since", "2099-01-01T00:00:00Z")["deliveries"] == 0
    assert "since" in shell.refused("events", "reparse", "--since", "yesterday")


def test_events_of_nobody(shell: Shell) -> None:
    written(lambda tx: None)
    assert shell.json("events", "list", "--state", "dead") == []
    assert shell.json("events", "replay") == {"replayed": 0, "more": False}
    assert "NP-014" in shell.refused("events", "replay", "nothing")
    assert "NP-014" in shell.refused("events", "show", "nothing")
    assert "known: waiting" in shell.refused("events", "list", "--state", "lost", code=2)


def test_config(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESH_API_KEY", "0123456789abcdefgh")
    shown = {one["variable"]: one for one in shell.json("config", "show")}
    assert (shown["MESH_API_KEY"]["value"], shown["MESH_API_KEY"]["source"]) == ("****", "environment")
    assert shown["WORKER_CONCURRENCY"]["value"] == "10"
    assert "#MESH_API_KEY=" in shell.run("config", "example")[1]
    assert shell.run("config", "check")[:2] == (0, "the settings are good\n")
    assert "no channel is configured" in shell.run("config", "check")[2]
    monkeypatch.setenv("MESH_API_KEY", "short")
    assert "at least 16 characters" in shell.refused("config", "check")


def test_accounts_are_made_disabled_and_let_in_again(shell: Shell, folder: Path) -> None:
    made = shell.json("accounts", "add", " Marta  Rossi ")
    assert (made["name"], made["role"]) == ("Marta Rossi", "staff")
    assert made["password"].encode() not in (folder / "hotel.db").read_bytes()
    assert shell.json("accounts", "add", "Greta", "--role", "owner")["role"] == "owner"
    assert "NP-015: there is an account marta rossi already" in shell.refused(
        "accounts", "add", "marta rossi"
    )
    assert "nobody can be called so" in shell.refused("accounts", "add", "phone app")
    assert "must be one of" in shell.refused("accounts", "add", "Paul", "--role", "king")
    assert shell.json("accounts", "disable", "MARTA ROSSI") == {"name": "Marta Rossi", "state": "disabled"}
    assert "disabled already" in shell.refused("accounts", "disable", "Marta Rossi")
    assert "NP-014: there is no account Paul" in shell.refused("accounts", "disable", "Paul")
    again = shell.json("accounts", "password", "Marta Rossi")["password"]
    assert again != made["password"]
    assert "cannot be shown again" in shell.run("accounts", "password", "Greta")[1]
    states = {one["name"]: one["state"] for one in shell.json("accounts", "list")}
    assert states == {"Marta Rossi": "first_password", "Greta": "first_password"}


def test_accounts_over_the_socket(shell: Shell) -> None:
    async def main_() -> None:
        async with running(load()) as live:

            async def told(*words: str) -> Any:
                return await asyncio.to_thread(shell.json, *words)

            await told("accounts", "add", "Marta")
            listed = await told("accounts", "list")
            assert [one["name"] for one in listed] == ["owner", "Marta"]
            assert listed[0]["state"] == "start_password"
            refusal = await asyncio.to_thread(shell.refused, "accounts", "disable", "owner")
            assert "the way in" in refusal
            await told("accounts", "password", "owner")
            await told("accounts", "disable", "Marta")
            audit = live.parts.node.store.view.all("audit_list", ("z", 10))
            assert [(row[2], row[3]) for row in audit] == [
                ("command line", "account disabled"),
                ("command line", "first password given"),
                ("command line", "account added"),
            ]

    logbook = Logbook(SystemClock(), "text", io.StringIO())
    asyncio.run(main_())
    logbook.close()


def test_a_node_answers_over_its_socket(shell: Shell) -> None:
    async def main_() -> None:
        async with running(load()) as live:

            async def told(*words: str) -> Any:
                return await asyncio.to_thread(shell.json, *words)

            assert (await told("health"))["checks"]["store"] == "ok"
            assert (await told("status"))["role"] == "single"
            made = await told("keys", "create", "first")
            assert [key["id"] for key in await told("keys", "list")] == [made["id"]]
            assert (await told("events", "reparse"))["when"] == "now"
            paused = await told("pause", "delivery")
            assert paused["state"] == "paused"
            refusal = await asyncio.to_thread(shell.refused, "keys", "revoke", "nothing")
            assert "NP-014: no key nothing is in force" in refusal
            audit = live.parts.node.store.view.all("audit_list", ("z", 10))
            assert {"key created", "PAUSE_WORKERS"} <= {row[3] for row in audit}

    logbook = Logbook(SystemClock(), "text", io.StringIO())
    asyncio.run(main_())
    logbook.close()


def test_a_node_that_holds_the_folder_without_a_socket_is_told(shell: Shell) -> None:
    async def main_() -> None:
        async with alone(load()):
            refusal = await asyncio.to_thread(shell.refused, "keys", "create", "x")
            assert "NP-020" in refusal

    asyncio.run(main_())


def test_ask(shell: Shell, tmp_path: Path) -> None:
    told = shell.json("ask", "What time is breakfast?", "--date", "2026-08-31", "--stay", "in_house")
    assert set(told) == {
        "text", "language", "topics", "disposition", "emergency", "optout", "answered", "asks", "tasks", "answer",
        "sources",
    }  # fmt: skip
    assert (told["language"], told["topics"][0]["name"], told["emergency"]) == ("en", "breakfast", False)
    assert told["disposition"] in ("answered", "staff")
    (tmp_path / "asked.txt").write_text("Wo kann ich parken?\n\nAiuto, c'è un incendio!\n", "utf-8")
    code, out, _ = shell.run("ask", "--file", "asked.txt")
    first, second = (json.loads(line) for line in out.splitlines())
    assert (code, first["language"], second["emergency"]) == (0, "de", True)
    assert "give a text" in shell.refused("ask", code=2)
    assert not (tmp_path / "data").exists()


def test_logs(shell: Shell, folder: Path) -> None:
    (folder / "log").mkdir(parents=True)
    lines = [
        {"at": "2026-08-31T14:00:00.000Z", "level": "info", "event": "ready", "logger": "app"},
        {
            "at": "2026-08-31T14:00:01.000Z",
            "level": "error",
            "event": "round crashed",
            "trace": ["a:1 f", "b:2 g"],
        },
    ]
    (folder / "log" / "nightporter.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in lines), "utf-8"
    )
    assert shell.run("logs")[1].count("\n") == 2
    code, out, _ = shell.run("logs", "--level", "warning")
    assert (code, out) == (0, "2026-08-31 14:00:01 error    round crashed  trace=b:2 g < a:1 f\n")
    assert json.loads(shell.run("logs", "--find", "ready", "--json")[1])["event"] == "ready"


def test_every_command_has_help_with_an_example(shell: Shell) -> None:
    from nightporter.cli.commands import app

    groups = {group.name: group.typer_instance for group in app.registered_groups}
    commands = [
        (str(command.name or command.callback.__name__),)
        for command in app.registered_commands
        if command.callback
    ]
    commands += [
        (str(name), str(command.name))
        for name, group in groups.items()
        if group
        for command in group.registered_commands
    ]
    assert len(commands) > 25
    for words in commands:
        code, out, err = shell.run(*words, "--help")
        assert (code, err) == (0, ""), words
        assert "Example:" in out, words


def test_settings_are_not_changed_by_asking(shell: Shell) -> None:
    before = load()
    shell.run("config", "show")
    assert replace(load(), shown=()) == replace(before, shown=())
