"""Trains the compression dictionary of webhook bodies on what the provider fakes send (core rules, ST8).

    .venv/bin/python scripts/train_dictionary.py        # writes src/nightporter/journal/dictionary.zdict

A new dictionary needs a new `DICTIONARY_ID` in `journal/deliveries.py`: kept bodies name the one they need.
"""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Mapping
from pathlib import Path

import zstandard

from nightporter.testing.providers.behaviour import Behaviour
from nightporter.testing.providers.core import ProviderCore
from nightporter.testing.providers.meta import MetaProvider
from nightporter.testing.providers.spoki import SpokiProvider

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "src/nightporter/journal/dictionary.zdict"
DICTIONARY_BYTES = 16 * 1024
GUESTS = 400
START_MS = 1_800_000_000_000


def texts() -> list[str]:
    """What guests write: the shipped examples of the topics."""
    found: list[str] = []
    for file in sorted((ROOT / "src/nightporter/desk/topics").glob("*/examples.toml")):
        lines: dict[str, list[str]] = tomllib.loads(file.read_text("utf-8"))
        found += [line for language in lines.values() for line in language]
    return found


def bodies(
    provider: ProviderCore, send_path: str, request: Mapping[str, object], headers: dict[str, str]
) -> list[bytes]:
    """Every webhook of a day in which each guest asks once and is answered."""
    found: list[bytes] = []
    chance, wishes, now_ms = random.Random(7), texts(), START_MS
    for number in range(GUESTS):
        phone = f"39333{number:07d}"
        provider.guest_sends(f"+{phone}", "text", now_ms, {"body": chance.choice(wishes)})
        key = "to" if "to" in request else "phone"
        said = {**request, key: phone if key == "to" else f"+{phone}"}
        provider.handle("POST", send_path, headers, json.dumps(said).encode(), now_ms)
        now_ms += 60_000
        for webhook in provider.due(now_ms):
            found.append(webhook.body)
            provider.webhook_result(webhook.id, 200, now_ms)
    return found


def main() -> None:
    """Train and write."""
    behaviour = Behaviour(per_second=0, pair_burst=0)
    meta = MetaProvider(random.Random(1), behaviour=behaviour)
    text = {"messaging_product": "whatsapp", "to": "", "type": "text", "text": {"body": "Hello"},
            "biz_opaque_callback_data": "019c0000000000-0123456789abcdef0123-0"}  # fmt: skip
    samples = bodies(
        meta,
        f"/v26.0/{meta.account.number}/messages",
        text,
        {"Authorization": f"Bearer {meta.account.token}"},
    )
    spoki = SpokiProvider(random.Random(1), behaviour=behaviour)
    plain = {"type": "Message", "content_type": "Text", "phone": "", "text": "Hello"}
    samples += bodies(spoki, "/messages/send/", plain, {"X-Spoki-Api-Key": spoki.account.api_key})
    dictionary = zstandard.train_dictionary(DICTIONARY_BYTES, [*samples], level=3)  # pyright: ignore[reportArgumentType] - its stub says ByteString
    TARGET.write_bytes(dictionary.as_bytes())
    packed = zstandard.ZstdCompressor(3, dict_data=dictionary)
    before, after = sum(map(len, samples)), sum(len(packed.compress(sample)) for sample in samples)
    print(f"{len(samples)} bodies, {before / len(samples):.0f} bytes each, {after / len(samples):.0f} packed")


if __name__ == "__main__":
    main()
