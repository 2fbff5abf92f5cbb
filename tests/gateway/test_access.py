"""Who may ask: keys with scopes, limits that are told, refusals as problems, health for everybody."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.node import API_KEY, LOOPBACK, RunningNode, on_node

from nightporter.config.settings import LimitSettings
from nightporter.gateway.application import OPERATIONS
from nightporter.gateway.problem import STATUS, Code
from nightporter.journal import keys
from nightporter.journal.keys import Scope

TIGHT = LimitSettings(keyed_per_minute=3, refused_per_minute=2, trusted_proxies=LOOPBACK)


async def make_key(node: RunningNode, *scopes: Scope) -> tuple[str, str]:
    token, key_id = keys.new_token(), node.node.ids.new()
    await node.node.write(keys.create(key_id, "till", token, scopes, node.node.clock.now_ms()))
    return key_id, token


def test_every_keyed_route_asks_for_its_scope(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        tokens = {scope: (await make_key(node, *(set(Scope) - {scope})))[1] for scope in Scope}
        for operation in OPERATIONS:
            path = operation.path.replace("{id}", "x")
            if operation.scope is None:
                assert (await node.ask(operation.method, path, key=""))[0] == 200
                continue
            found = [
                await node.ask(operation.method, path, key=key)
                for key in ("", "wrong", tokens[operation.scope])
            ]
            assert [(status, told["code"]) for status, told in found] == [
                (401, "key_missing"), (401, "key_unknown"), (403, "scope_missing"),
            ]  # fmt: skip

    on_node(tmp_path, story, rounds=False)


def test_a_key_is_good_until_it_is_revoked(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        key_id, token = await make_key(node, Scope.EVENTS_READ, Scope.METRICS)
        assert (await node.ask("GET", "/api/mesh/events", key=token))[0] == 200
        [listed] = keys.listed(node.node.store.view)
        assert (listed.key.name, listed.key.scopes) == ("till", {Scope.EVENTS_READ, Scope.METRICS})
        rows = node.node.store.view.all("key_list")
        assert token not in str(rows)
        assert await node.node.write(keys.revoke(key_id, 5))
        assert not await node.node.write(keys.revoke(key_id, 6))
        assert (await node.ask("GET", "/api/mesh/events", key=token))[1]["code"] == "key_unknown"
        assert keys.listed(node.node.store.view)[0].revoked_ms == 5

    on_node(tmp_path, story, rounds=False)


def test_the_limit_of_a_key_is_told_and_held(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        _, token = await make_key(node, *Scope)
        left: list[str] = []
        for _ in range(3):
            async with node.http.get("/api/guests", headers={"X-API-Key": token}) as answer:
                assert answer.status == 200
                assert answer.headers["ratelimit-policy"] == '"keyed";q=3;w=60'
                left.append(answer.headers["ratelimit"])
        assert [text.partition(";t=")[0] for text in left] == [f'"keyed";r={n}' for n in (2, 1, 0)]
        async with node.http.get("/api/guests", headers={"X-API-Key": token}) as answer:
            assert answer.status == 429
            assert 1 <= int(answer.headers["retry-after"]) <= 61
            assert answer.headers["ratelimit"].startswith('"keyed";r=0;t=')
            assert (await answer.json(content_type=None))["code"] == "too_many"
        assert (await node.ask("GET", "/api/guests"))[0] == 200  # another key has its own
        for _ in range(10):
            assert (await node.ask("GET", "/health", key=""))[0] == 200

    on_node(tmp_path, story, limits=TIGHT, rounds=False)


def test_who_guesses_keys_has_to_wait(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        found = [(await node.ask("GET", "/api/guests", key=f"guess {n}"))[0] for n in range(3)]
        assert found == [401, 401, 429]
        assert (await node.ask("GET", "/api/guests"))[0] == 200

    on_node(tmp_path, story, limits=TIGHT, rounds=False)


def test_two_keys_in_one_request_are_none(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        headers = [("X-API-Key", API_KEY), ("X-API-Key", API_KEY)]
        async with node.http.get("/api/guests", headers=headers) as answer:
            assert answer.status == 401
        for token in ("", "x" * 5000, "ü", "\t"):
            assert (await node.ask("GET", "/api/guests", key=token))[0] == 401

    on_node(tmp_path, story, rounds=False)


def test_unknown_paths_and_methods_are_problems(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        for path in (
            "/",
            "/api",
            "/api/mesh/events/",
            "/api/guests//",
            "/webhooks/telegram",
            "/healthz",
            "/api/guests/%ff",
        ):
            async with node.http.get(path) as answer:
                told = await answer.json(content_type="application/problem+json")
                assert (answer.status, told["code"], told["title"]) == (404, "no_route", "Not Found")
        async with node.http.delete("/api/mesh/events") as answer:
            told = await answer.json(content_type="application/problem+json")
            assert (answer.status, told["code"], answer.headers["allow"]) == (
                405,
                "no_method",
                "GET, HEAD, POST",
            )
        async with node.http.head("/health") as answer:
            assert (answer.status, await answer.read()) == (200, b"")

    on_node(tmp_path, story, rounds=False)


def test_a_fault_in_the_program_shows_no_trace(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        node.parts.meter.look = None  # type: ignore[assignment,method-assign] - the next look at health meets a fault
        async with node.http.get("/health") as answer:
            body = await answer.read()
        assert answer.status == 500
        assert json.loads(body)["code"] == "crashed"
        assert b"Traceback" not in body
        assert node.crashes() == {("requests_crashed",): 1}
        node.node.counts.of.clear()

    on_node(tmp_path, story, rounds=False)


def test_health_status_metrics_and_schemas(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        status, told = await node.ask("GET", "/health", key="")
        assert (status, told["status"], told["role"]) == (200, "ok", "single")
        status, told = await node.ask("GET", "/api/mesh/status")
        assert status == 200
        assert {"role", "epoch", "lease", "queues", "outbox", "dispositions", "breakers", "pauses"} <= set(
            told
        )
        async with node.http.get("/metrics", headers={"X-API-Key": API_KEY}) as answer:
            assert answer.content_type == "text/plain"
            assert "nightporter_lease_epoch" in await answer.text()
        assert "flight.delay.detected" in (await node.ask("GET", "/api/mesh/schemas"))[1]

    on_node(tmp_path, story)


def test_every_code_has_a_status_of_its_kind() -> None:
    assert set(STATUS) == set(Code)
    assert all(400 <= status < 600 for status in STATUS.values())
