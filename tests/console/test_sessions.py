"""Sessions and sign-in over real HTTP: ends, restarts, cookies behind TLS, growing waits, hostile forms."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import quote_from_bytes

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.console.web import OWN, PASSWORD, House, Person, in_house

from nightporter.clock import SystemClock
from nightporter.console.login import FIRST_WAIT_SECONDS, FREE_TRIES, WAIT_SECONDS_MAX, Attempts
from nightporter.console.session import COOKIE, IDLE_MS, SESSION_MS, SESSIONS_OF_ACCOUNT_MAX

SOME = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def cookie_of(person: Person) -> str:
    return next(cookie.value for cookie in person.http.cookie_jar if cookie.key == COOKIE)


def test_a_session_outlives_a_restart(tmp_path: Path) -> None:
    kept: list[str] = []

    async def first(house: House) -> None:
        async with house.owner() as owner:
            kept.append(cookie_of(owner))

    async def second(house: House) -> None:
        async with house.person() as person:
            person.http.cookie_jar.update_cookies({COOKIE: kept[0]})
            assert (await person.get("/")).path == "/"
            session_id, _, secret = kept[0].partition(".")
            for forged in (
                f"{session_id}.{'A' * 43}",
                f"{'0' * 28}.{secret}",
                session_id,
                f".{secret}",
                kept[0] + "x",
                "ä" * 9,
            ):
                person.http.cookie_jar.update_cookies({COOKIE: forged})
                assert (await person.get("/")).path == "/login", forged

    in_house(tmp_path, first)
    in_house(tmp_path, second)


def test_a_session_ends_when_nobody_is_there_and_in_any_case(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        hours = IDLE_MS // 3_600_000
        async with house.owner() as quiet, house.owner() as busy:
            for _ in range(SESSION_MS // IDLE_MS):
                house.clock.ahead_seconds += (hours - 1) * 3600
                assert (await busy.get("/house")).path == "/house"
                await quiet.get("/fragments/count")  # an open page asks by itself
            assert (await quiet.get("/")).path == "/login"
            house.clock.ahead_seconds = SESSION_MS // 1000 - 3600
            assert (await busy.get("/")).path == "/"
            house.clock.ahead_seconds = SESSION_MS // 1000 + 1
            assert (await busy.get("/")).path == "/login"

    in_house(tmp_path, story)


def test_one_account_has_so_many_sessions(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        async with house.owner() as oldest:
            for _ in range(SESSIONS_OF_ACCOUNT_MAX):
                async with house.owner():
                    pass
            assert (await oldest.get("/")).path == "/login"
            view = house.live.parts.node.store.view
            (account_id,) = {row[0] for row in view.all("account_list")}
            assert view.scalar("sessions_count", (account_id,)) == SESSIONS_OF_ACCOUNT_MAX

    in_house(tmp_path, story)


def test_behind_tls_the_cookie_is_secure_and_a_strangers_word_counts_for_nothing(tmp_path: Path) -> None:
    async def story(house: House, secure: bool) -> None:
        async with house.person() as person:
            told = await person.get("/login", X_Forwarded_Proto="https", X_Forwarded_For="203.0.113.9")
            assert ("secure" in told.headers["set-cookie"].lower()) is secure
            assert "HttpOnly" in told.headers["set-cookie"]
            assert "SameSite=lax" in told.headers["set-cookie"]
            assert ("strict-transport-security" in told.headers) is secure

    in_house(tmp_path / "trusted", lambda house: story(house, True))
    none = {"NIGHTPORTER_LIMITS__TRUSTED_PROXIES": "203.0.113.0/24"}
    in_house(tmp_path / "not", lambda house: story(house, False), **none)


def test_every_page_of_the_listener_carries_the_strict_headers(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        async with house.owner() as owner:
            for path in ("/", "/accounts", "/password", "/docs", "/openapi.json", "/nothing"):
                answer = await owner.get(path)
                assert "default-src 'none'" in answer.headers["content-security-policy"], path
                assert "unsafe" not in answer.headers["content-security-policy"]
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert answer.headers["cache-control"] == "no-store"
                assert not [
                    tag for tag in ("<style", ' style="', "<script>", " on") if f"{tag}click" in answer.text
                ]
                assert "http://" not in answer.text.replace(owner.url, ""), "nothing from elsewhere"

    in_house(tmp_path, story)


def test_a_form_that_another_site_sends_is_refused_also_with_the_right_token(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        async with house.owner() as owner:
            token = (await owner.get("/")).token
            for site in ("cross-site", "same-site"):
                answer = await owner.post("/logout", {"token": token}, Sec_Fetch_Site=site)
                assert answer.status == 403
            assert (
                await owner.post("/logout", {"token": token}, Sec_Fetch_Site="same-origin")
            ).path == "/login"

    in_house(tmp_path, story)


def test_who_has_no_account_is_told_and_made_to_wait_like_anybody(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        told: dict[str, list[tuple[int, str]]] = {}
        for at, name in enumerate(("owner", "nobody at all")):
            address = f"198.51.100.{at}"
            async with house.person() as person:
                token = (await person.get("/login")).token
                answers = [
                    await person.post(
                        "/login", {"token": token, "name": name, "password": "no"}, X_Forwarded_For=address
                    )
                    for _ in range(FREE_TRIES + 1)
                ]
                told[name] = [(one.status, one.words) for one in answers]
        assert told["owner"] == told["nobody at all"]
        assert [status for status, _ in told["owner"]] == [401] * FREE_TRIES + [429]

    in_house(tmp_path, story)


def test_tries_at_one_account_from_many_addresses_are_limited_but_not_for_its_person(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        async with house.owner() as owner, house.staff(owner, "Marta") as marta, house.person() as thief:
            home = "192.0.2.1"
            token = (await marta.press("/", "/logout")).token
            form = {"token": token, "name": "Marta", "password": OWN}
            assert (await marta.post("/login", form, X_Forwarded_For=home)).path == "/"
            token = (await thief.get("/login")).token
            wrong = {"token": token, "name": "Marta", "password": "no"}
            statuses = [
                (await thief.post("/login", wrong, X_Forwarded_For=f"198.51.100.{at}")).status
                for at in range(FREE_TRIES + 2)
            ]
            assert statuses == [401] * FREE_TRIES + [429] * 2
            form["token"] = (await marta.press("/", "/logout")).token
            assert (await marta.post("/login", form, X_Forwarded_For=home)).path == "/"

    in_house(tmp_path, story)


def test_a_hundred_tries_at_once_are_as_limited_as_one_after_the_other(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        async with house.person() as person:
            form = {"token": (await person.get("/login")).token, "name": "owner", "password": "no"}
            answers = await asyncio.gather(*(person.post("/login", form) for _ in range(60)))
            assert sum(answer.status == 401 for answer in answers) <= FREE_TRIES
            assert {answer.status for answer in answers} == {401, 429}

    in_house(tmp_path, story)


class HandClock(SystemClock):
    def __init__(self) -> None:
        self.now = 0.0

    def elapsed_seconds(self) -> float:
        return self.now


def test_waits_grow_to_a_limit_and_are_forgotten() -> None:
    clock = HandClock()
    attempts = Attempts(clock)
    waits: list[float] = []
    for _ in range(FREE_TRIES + 9):
        wait = attempts.begin("owner", "192.0.2.1")
        if wait:
            waits.append(wait)
            clock.now += wait
            assert attempts.begin("owner", "192.0.2.1") == 0
    assert waits[:3] == [FIRST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2, FIRST_WAIT_SECONDS * 4]
    assert waits[-1] == WAIT_SECONDS_MAX
    assert attempts.begin("owner", "192.0.2.2") > 0, "the name waits too"
    assert attempts.begin("marta", "192.0.2.1") > 0, "so does the address"
    clock.now += 3601
    assert attempts.begin("owner", "192.0.2.1") == 0


def test_a_name_that_looks_like_another_count_is_none() -> None:
    attempts = Attempts(HandClock())
    attempts.succeeded("marta", "192.0.2.1")
    for name in ("", "marta at 192.0.2.1", "marta\x00192.0.2.1"):
        for at in range(FREE_TRIES):
            assert attempts.begin(name, f"198.51.100.{at}") == 0
    assert attempts.begin("marta", "192.0.2.1") == 0


def test_a_wrong_password_from_somebody_who_is_in_is_told_and_changes_nothing(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        async with house.owner() as owner:
            await owner.get("/")
            told = await owner.sign_in("owner", "not this one")
            assert told.status == 401
            assert (await owner.get("/")).path == "/"

    in_house(tmp_path, story)


def encoded(fields: list[tuple[str, bytes]]) -> bytes:
    return "&".join(f"{name}={quote_from_bytes(value)}" for name, value in fields).encode()


def test_no_form_however_hostile_crashes_or_changes_anything(tmp_path: Path) -> None:
    names = ["token", "name", "password", "new", "again", "role", "x"]
    fields = st.lists(st.tuples(st.sampled_from(names), st.binary(max_size=60)), max_size=25)
    bodies = st.one_of(st.binary(max_size=300), fields.map(encoded))
    types = st.sampled_from(
        [
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "text/plain",
            "",
        ]
    )
    paths = st.sampled_from(
        [
            "/login",
            "/password",
            "/accounts",
            "/accounts/disable",
            "/accounts/password",
            "/logout",
            "/logout/everywhere",
        ]
    )

    async def story(house: House) -> None:
        async with house.owner() as owner:
            before = house.live.parts.node.store.view.all("account_list")
            token = (await owner.get("/")).token
            loop = asyncio.get_running_loop()

            async def send(path: str, body: bytes, kind: str, ours: bool) -> int:
                if ours and kind.endswith("urlencoded"):
                    body += f"&token={token}".encode()
                headers = {"content-type": kind, "sec-fetch-site": "same-origin" if ours else "cross-site"}
                async with owner.http.post(
                    owner.url + path, data=body, headers=headers, allow_redirects=False
                ) as told:
                    return told.status

            @SOME
            @given(paths, bodies, types, st.booleans())
            def hostile(path: str, body: bytes, kind: str, ours: bool) -> None:
                ours = ours and not path.startswith("/logout")
                status = asyncio.run_coroutine_threadsafe(send(path, body, kind, ours), loop).result(30)
                assert status in ({303, 401, 403, 404, 409, 422, 429, 200} if ours else {400, 403})

            await asyncio.to_thread(hostile)
            after = house.live.parts.node.store.view.all("account_list")
            assert after[0] == before[0], "the owner's account is as it was"
            assert (await owner.get("/")).path == "/"

    in_house(tmp_path, story, CONSOLE_PASSWORD=PASSWORD)
