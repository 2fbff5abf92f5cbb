"""Who comes in: the password, wrong ones, sessions, and forms that are not ours."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from tests.console.staff import PASSWORD, Staff, at_console, token_of, with_staff
from tests.support.node import RunningNode, on_node

from nightporter.console import new_password

PAGES = ("/", "/house", "/news", "/questions", "/conversations/1", "/changes", "/files/1")
NOW_MS = 1_800_000_000_000


def test_every_page_is_behind_the_password(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        async with at_console(node) as staff:
            for path in PAGES:
                answer = await staff.http.get(path)
                assert (answer.status_code, answer.headers["location"]) == (303, "/login"), path
            fragment = await staff.http.get("/fragments/inbox")
            assert (fragment.status_code, fragment.headers["hx-redirect"]) == (401, "/login")
            assert (await staff.http.post("/conversations/1/take", data={})).headers["location"] == "/login"

    on_node(tmp_path, story)


def test_wrong_passwords_are_refused_and_then_limited(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        async with at_console(node) as staff:
            wrong = [(await staff.sign_in(password="no")).status_code for _ in range(6)]
            assert wrong == [401] * 5 + [429]
            assert (await staff.sign_in()).status_code == 429, "also the right one has to wait now"
            assert (await staff.http.get("/")).status_code == 303

    on_node(tmp_path, story)


def test_right_passwords_do_not_count_as_tries(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        for _ in range(7):
            await staff.press("/", "/logout")
            assert (await staff.sign_in()).status_code == 303

    with_staff(tmp_path, story)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        async with at_console(node) as staff:
            cookie = (await staff.sign_in()).headers["set-cookie"].lower()
            assert "httponly" in cookie
            assert "samesite=lax" in cookie
            assert "secure" not in cookie, "plain http on the local network"

    on_node(tmp_path, story)


def test_signing_out_ends_the_session_also_for_a_copied_cookie(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        copied = dict(staff.http.cookies)
        await staff.press("/", "/logout")
        for name, value in copied.items():
            staff.http.cookies.set(name, value)
        assert (await staff.http.get("/")).headers["location"] == "/login"

    with_staff(tmp_path, story)


def test_a_form_without_our_token_changes_nothing(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes("Help, there is a fire in my room!")
        for token in ("", "0" * 64):
            answer = await staff.http.post(f"/conversations/{conversation}/take", data={"token": token})
            assert answer.status_code == 403
        row = staff.node.node.store.view.one("conversation_get", (conversation,))
        assert row is not None
        assert row[5] == ""

    with_staff(tmp_path, story)


def test_a_token_of_another_session_is_not_genuine(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        async with at_console(node) as staff:
            foreign = token_of((await staff.http.get("/login")).text)
            staff.http.cookies.clear()
            await staff.http.get("/login")
            answer = await staff.http.post("/login", data={"token": foreign, "password": PASSWORD})
            assert answer.status_code == 403

    on_node(tmp_path, story)


@pytest.mark.parametrize("body", [b"token=x", b"", b"\xff" * 100_000])
def test_odd_forms_are_refused(tmp_path: Path, body: bytes) -> None:
    async def story(staff: Staff) -> None:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = await staff.http.post("/language", content=body, headers=headers)
        assert answer.status_code == 403

    with_staff(tmp_path, story)


def test_every_answer_carries_the_strict_headers(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        for path in ("/", "/login", "/nothing", "/static/console.css", "/health"):
            headers = (await staff.http.get(path)).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy, path
            assert headers["x-content-type-options"] == "nosniff"
        for path in ("/", "/house", "/news", "/login"):
            text = (await staff.http.get(path)).text
            assert "<style" not in text
            assert ' style="' not in text
            assert "<script>" not in text

    with_staff(tmp_path, story)


def test_health_and_metrics_need_no_password(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        async with at_console(node) as staff:
            told: httpx.Response = await staff.http.get("/health")
            assert (told.status_code, told.json()["status"]) == (200, "ok")
            assert "nightporter_build_info" in (await staff.http.get("/metrics")).text

    on_node(tmp_path, story)


def test_a_made_password_is_long_and_never_the_same() -> None:
    made = {new_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(one) == 14 for one in made)
