"""Writes docs/reference/ from the code, so that what it says is what the program does.

.venv/bin/python scripts/docs.py            # writes what is stale, and says which pages those were
.venv/bin/python scripts/docs.py --check    # writes nothing; exit code 1 when a page is stale
"""

from __future__ import annotations

import ast
import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import EnumType
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast, get_args

import typer
from prometheus_client.parser import text_string_to_metric_families

from nightporter.backup.shelf import Snapshot, iso
from nightporter.channels.port import Channel
from nightporter.channels.spoki import Spoki
from nightporter.channels.whatsapp import WhatsApp
from nightporter.cli.commands import app
from nightporter.clock import Ids, SystemClock, system_chance
from nightporter.cluster.single import take
from nightporter.config.settings import BackupSettings
from nightporter.config.settings_example import TITLES
from nightporter.config.settings_table import SETTINGS, Setting
from nightporter.gateway.openapi import openapi
from nightporter.gateway.system import SCHEMAS
from nightporter.journal.events import EventState
from nightporter.journal.keys import Scope
from nightporter.model.decision import DispositionKind, SilentReason
from nightporter.model.outbox import TRANSITIONS, OutboxState
from nightporter.ops import metrics
from nightporter.ops.meter import Meter
from nightporter.rounds.backups import Backups
from nightporter.rounds.delivery import Delivery
from nightporter.rounds.events import DEFAULT_ROUTES
from nightporter.rounds.lane import Lane
from nightporter.rounds.node import Node
from nightporter.store import Store, ThreadStepping

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
TOPICS = ROOT / "src" / "nightporter" / "desk" / "topics"
MADE = "<!-- Written by `make docs` from the code. Do not edit. -->"
LATER = "Accepted, and not used by this release yet"
VALUE_OF = {str: "TEXT", int: "NUMBER", Path: "FILE", datetime: "DAY"}
SECRETS = ("access_token", "app_secret", "verify_token")
# Enough for a scrape to tell of snapshots.
SNAPSHOT = Snapshot(
    stamp="", taken_at=iso(1), node="", file="", size=0, hash="", raw_size=0, raw_hash="", sequence=0, log_hash="",
    logged_ms=0, entry_ms=0, epoch=0, schema=0, verified_at=iso(1),
)  # fmt: skip

OUTBOX_MEANS = {
    OutboxState.WAITING: "On disk, not claimed. It goes out as soon as a sender is free and the rates allow it.",
    OutboxState.SENDING: "Claimed on disk: it may be on the wire.",
    OutboxState.UNKNOWN: "The provider did not say what became of it. It is never sent again by itself.",
    OutboxState.SENT: "The provider has accepted it.",
    OutboxState.DELIVERED: "The provider says that it reached the phone.",
    OutboxState.READ: "The provider says that the guest has read it.",
    OutboxState.FAILED: "Refused for good, or staff say that it was not sent. A person may send it again.",
    OutboxState.MAYBE_SENT: "Nobody told us in time. Staff look at the phone and settle it.",
    OutboxState.DEAD: "Given up before the provider accepted it, or dropped by staff. A person may send it again.",
}
EVENT_MEANS = {
    EventState.WAITING: "On disk; its target takes it next.",
    EventState.DELIVERING: "On its way to a target outside. Not used while `desk` is the only target.",
    EventState.DELIVERED: "Its target has taken it, and all that it led to is on disk.",
    EventState.DEAD: "Its target failed on it too often. Kept with the reason; `events replay` sends it again.",
    EventState.UNROUTED: "No route takes this type, or its target is not there. Kept and shown; `events replay` sends"
    " it again.",
}
DISPOSITION_MEANS = {
    DispositionKind.ANSWERED: "An outbox message answers it.",
    DispositionKind.STAFF: "A task tells staff about it.",
    DispositionKind.SILENT: "It needs no answer; the reason is one of the list below.",
}


# --- Markdown


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; bars inside a cell are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def page(title: str, *parts: str) -> str:
    """A whole page."""
    return "\n".join([f"# {title}\n", f"{MADE}\n", *parts]).rstrip() + "\n"


def code(text: object) -> str:
    """A word as it is typed; nothing for nothing."""
    return f"`{text}`" if str(text) else ""


# --- settings


def settings_page() -> str:
    """Every setting by section, in the order of the table."""
    return page(
        "Settings",
        "A setting stands in `nightporter.toml` as `key = value` under its `[section]`, in `.env`, or in the\n"
        "environment. The environment beats `.env`, and `.env` beats the file. Every key also works as\n"
        "`NIGHTPORTER_<SECTION>__<KEY>`. `nightporter config show` prints each value and where it comes from,\n"
        "`nightporter config example` prints all of them as lines for `.env`.\n",
        *(
            f"## {title}\n\n"
            + table(("variable", "key", "default", "allowed", "meaning"), map(_setting, group))
            for title, group in _sections()
        ),
    )


def _sections() -> Iterator[tuple[str, list[Setting]]]:
    groups: dict[str, list[Setting]] = {}
    titles, title = dict(TITLES), ""
    for setting in SETTINGS:
        section = setting.key.partition(".")[0]
        title = titles.pop(setting.key, "") or titles.pop(section, "") or title
        groups.setdefault(title if setting.built else LATER, []).append(setting)
    yield from groups.items()


def _setting(setting: Setting) -> tuple[str, ...]:
    default = setting.shown_default or code(_value(setting.default))
    secret = " (secret: masked wherever it is shown)" if setting.secret else ""
    return code(setting.env), code(setting.key), default, setting.read.allowed, setting.meaning + secret


def _value(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, cast("tuple[object, ...]", value)))
    return str(value)


# --- command line


def cli_page() -> str:
    """Every command with its arguments, options and example."""
    found = commands()
    first = table(
        ("command", "what it does"),
        ((f"[`{name}`](#{_anchor(name)})", _first_line(one)) for name, one in found),
    )
    return page(
        "Command line",
        "Options that stand before the command: `--config FILE` (the settings' file instead of\n"
        "`nightporter.toml`), `--version`. The exit code is 0 only when it was done; 2 means that the command was\n"
        "typed wrongly. What went wrong is one line on stderr, with a code of [errors](../errors.md).\n",
        first,
        *(_command(name, one) for name, one in found),
    )


def commands() -> list[tuple[str, Any]]:
    """(the words that call it, the command) of each command."""
    return list(_commands(typer.main.get_command(app), ("nightporter",)))


def _commands(group: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from _commands(one, (*path, name))
        else:
            yield " ".join((*path, name)), one


def _anchor(name: str) -> str:
    return name.replace(" ", "-")


def _first_line(one: Any) -> str:
    return str(one.help).partition("\n")[0]


def _command(name: str, one: Any) -> str:
    what, _, example = str(one.help).partition("Example:")
    arguments = [param for param in one.params if param.param_type_name == "argument"]
    options = [param for param in one.params if param.param_type_name == "option"]
    usage = " ".join([name, *map(_placeholder, arguments), *(["[OPTIONS]"] if options else [])])
    rows = [(code(_placeholder(param)), param.help or "") for param in arguments]
    rows += [(code(_option(param)), _option_help(param)) for param in options]
    text = f"## {name}\n\n{what.strip()}\n\n```console\n{usage}\n```\n"
    if rows:
        text += "\n" + table(("argument or option", "meaning"), rows)
    return text + f"\nExample: `{' '.join(example.split())}`\n"


def _placeholder(param: Any) -> str:
    word = str(param.metavar or param.name.upper())
    return word if param.required or word.startswith("[") else f"[{word}]"


def _option(param: Any) -> str:
    names = ", ".join(param.opts)
    if param.is_flag:
        return names
    annotation = param.type_descriptor.annotation
    kind: Any = (get_args(annotation) or (annotation,))[0]  # of a list: of its items
    return f"{names} {'|'.join(map(str, kind)) if isinstance(kind, EnumType) else VALUE_OF[kind]}"


def _option_help(param: Any) -> str:
    told = [str(param.help or "")]
    if param.required:
        told.append("needed")
    elif not param.is_flag and param.default not in (None, "", ()):
        told.append(f"default {param.default}")
    return "; ".join(filter(None, told))


# --- HTTP


def http_page() -> str:
    """Every route of the gateway, from its OpenAPI document."""
    document = openapi()
    routes = [
        (method.upper(), path, cast("dict[str, Any]", operation))
        for path, methods in sorted(document["paths"].items())
        for method, operation in sorted(methods.items())
    ]
    return page(
        "HTTP routes of the gateway",
        "Keys travel in the header `X-API-Key`; `nightporter keys create` makes them. Scopes: "
        + ", ".join(code(scope) for scope in Scope)
        + ".\nErrors are `application/problem+json`; each `code` has a heading in [errors](../errors.md).\n"
        "`GET /health` and `GET /metrics` also answer on the console's listener, there without a key.\n",
        table(
            ("route", "scope", "what it does"),
            ((f"`{method} {path}`", _scope(one), one["summary"]) for method, path, one in routes),
        ),
        *(_route(method, path, one) for method, path, one in routes),
    )


def _scope(operation: Mapping[str, Any]) -> str:
    _, mark, rest = str(operation.get("description", "")).partition("scope `")
    return code(rest.partition("`")[0]) if mark else "-"


def _route(method: str, path: str, operation: Mapping[str, Any]) -> str:
    parts = [f"## {method} {path}\n\n{operation['summary']}\n"]
    fields = [
        (code(one["name"]), one["in"], _shape(one["schema"]), "yes" if one["required"] else "")
        for one in operation["parameters"]
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    fields += [
        (code(name), "body", _shape(schema), "yes" if name in body["required"] else "")
        for name, schema in body.get("properties", {}).items()
    ]
    if fields:
        parts.append(table(("name", "in", "value", "needed"), fields))
    parts.append(
        table(("status", "when", "body"), (_answer(*one) for one in sorted(operation["responses"].items())))
    )
    return "\n".join(parts)


def _answer(status: str, told: Mapping[str, Any]) -> tuple[str, str, str]:
    [(media, content)] = list(told.get("content", {"": {}}).items())
    if media == "application/problem+json":
        linked = ", ".join(f"[`{one}`](../errors.md#{one})" for one in told["description"].split(", "))
        return status, linked, "a problem"
    schema = content.get("schema", {})
    members = ", ".join(code(name) for name in schema.get("properties", {}))
    return status, told["description"], members or media or "none"


def _shape(schema: Mapping[str, Any]) -> str:
    """A JSON Schema in a few words."""
    if "anyOf" in schema:
        return _shape(schema["anyOf"][0])
    if "enum" in schema:
        return ", ".join(code(word) for word in schema["enum"])
    words = str(schema.get("type", "any JSON value"))
    if words == "array":
        return f"array of {_shape(schema['items'])}"
    least, most = schema.get("minLength"), schema.get("maxLength")
    if most is not None:
        words = f"{most} characters" if least == most else f"{least} to {most} characters"
    elif "minimum" in schema and "maximum" in schema:
        words = f"a number from {schema['minimum']} to {schema['maximum']}"
    return words


# --- metrics


@dataclass
class _Idle:
    """A node with both channels that has seen nothing: enough for its metrics to say what they are."""

    node: Node
    channels: Mapping[str, Channel]
    roads: Mapping[str, Delivery]
    backups: Backups
    backs_up: bool = True
    meter: Meter = field(default_factory=Meter)
    tasks: Sequence[asyncio.Task[None]] = ()


def metrics_page() -> str:
    """Every metric, from a real scrape."""
    rows = [
        (code(_sample_name(one)), one.type, ", ".join(map(code, sorted(_labels(one)))), one.documentation)
        for one in text_string_to_metric_families(asyncio.run(_scrape()))
    ]
    return page(
        "Metrics",
        "`GET /metrics` on the console's listener without a key, on the gateway with a key of scope `metrics`.\n"
        "Names are stable. `nightporter_last_webhook_age_seconds` appears with the first webhook, those of\n"
        "snapshots with the first snapshot and the first drill.\n",
        table(("name", "type", "labels", "meaning"), sorted(rows)),
    )


async def _scrape() -> str:
    clock = SystemClock()
    with TemporaryDirectory() as folder:
        store = Store.open(Path(folder), clock, ThreadStepping(), reserve_bytes=0, floor_bytes=0)
        try:
            node = Node(store, clock, Ids(clock, system_chance()), await take(store, "docs"))
            return metrics.metrics(_idle(node)).decode()
        finally:
            store.close()


def _idle(node: Node) -> _Idle:
    # Each count once, with its labels' names for values, so that the scrape shows them.
    for name, (_, _, labels) in metrics.COUNTED.items():
        node.counts.add(name, *labels)
    node.counts.last_delivery_ms = node.clock.now_ms()
    wire = cast("Any", None)  # nothing is sent
    channels: dict[str, Channel] = {
        "whatsapp": WhatsApp(
            wire, phone_number_id="1", api_url="http://127.0.0.1", **dict.fromkeys(SECRETS, "-")
        ),
        "spoki": Spoki(wire, api_key="-", secrets=("-",), api_url="http://127.0.0.1"),
    }
    roads = {
        name: Delivery(
            node,
            Lane(channel, node.clock, senders=1, messages_per_second=1.0),
            system_chance(),
            send_timeout_seconds=5.0,
        )
        for name, channel in channels.items()
    }
    backups = Backups(node, BackupSettings())
    made = backups.known
    made.drilled_ms = made.begun_ms
    made.snapshots.append(SNAPSHOT)
    return _Idle(node, channels, roads, backups)


def _sample_name(family: Any) -> str:
    """The name as a query writes it."""
    return f"{family.name}_total" if family.type == "counter" else str(family.name)


def _labels(family: Any) -> set[str]:
    return {label for sample in family.samples for label in sample.labels} - {"le"}


# --- events, states, topics


def events_page() -> str:
    """Events that the node knows, with their schemas."""
    known = [
        f"## {name}\n\n{schema['description']}\n\n```json\n{json.dumps(schema, indent=2)}\n```\n"
        for name, schema in SCHEMAS.items()
    ]
    return page(
        "Events",
        "Other systems post events to `POST /api/mesh/events`. Each is accepted once by its id, is on disk before the\n"
        "answer, and waits until its target has taken it. This release has one target, the desk. Which types it takes\n"
        "the setting `mesh.routes` says; without it: "
        + ", ".join(code(route.match) for route in DEFAULT_ROUTES)
        + ". Any other type is kept as `unrouted` and shown.\n"
        "The schemas below are also at `GET /api/mesh/schemas`.\n",
        table(("state", "meaning"), ((code(state), EVENT_MEANS[state]) for state in EventState)),
        *known,
    )


def states_page() -> str:
    """Life of an outbox message, and how a guest's message ends."""
    steps = [
        f"    {state} --> {new}"
        for state in OutboxState
        for new in sorted(TRANSITIONS[state], key=list(OutboxState).index)
    ]
    diagram = "\n".join(["stateDiagram-v2", "    [*] --> waiting", "    [*] --> sending", *steps])
    return page(
        "States",
        "## Outbox message\n\nA message to a guest begins as `waiting`, or as `sending` when a sender was free at\n"
        "once: then the commit of the decision already holds the claim. No arrow leads from `unknown` or\n"
        "`maybe_sent` back to `waiting` or `sending`: what may have been sent is not sent again by itself.\n\n"
        f"```mermaid\n{diagram}\n```\n",
        table(("state", "meaning"), ((code(state), OUTBOX_MEANS[state]) for state in OutboxState)),
        "## Guest's message\n\nEach guest's message ends with exactly one disposition, which never changes.\n",
        table(
            ("disposition", "meaning"), ((code(kind), DISPOSITION_MEANS[kind]) for kind in DispositionKind)
        ),
        "Reasons of `silent`: " + ", ".join(code(reason) for reason in SilentReason) + ".\n",
    )


def topics_page() -> str:
    """What the desk answers by itself."""
    folders = sorted(path for path in TOPICS.iterdir() if (path / "strings.toml").exists())
    rows = [
        (
            code(folder.name),
            str(ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")))).partition("\n")[0],
        )
        for folder in folders
    ]
    return page(
        "Topics",
        "What the desk answers by itself, in English, Italian, German, French and Spanish, from `hotel.yaml`.\n"
        "Emergencies and opting out are found by rules before any topic. Everything else goes to staff.\n",
        table(("topic", "what it answers"), rows),
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "cli.md": cli_page,
    "http.md": http_page,
    "metrics.md": metrics_page,
    "events.md": events_page,
    "states.md": states_page,
    "topics.md": topics_page,
}


def stale() -> dict[Path, str]:
    """Pages that do not say what the code says, with what they should say."""
    made = {REFERENCE / name: make() for name, make in PAGES.items()}
    return {path: text for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text}


def main(arguments: Sequence[str]) -> int:
    """The exit code."""
    found = stale()
    for path, text in found.items():
        print(
            f"{path.relative_to(ROOT)}: "
            + ("stale, run `make docs`" if "--check" in arguments else "written")
        )
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return 1 if found and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
