"""Accounts over real HTTP: the owner's start, first passwords, roles, disabling; each change written down."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.console.web import OWN, PASSWORD, House, in_house

from nightporter.console.passwords import ARGON2_LANES, ARGON2_MEMORY_KIB, ARGON2_PASSES
from nightporter.console.session import COOKIE
from nightporter.journal import accounts
from nightporter.journal.accounts import FIRST_PASSWORD_MS, clean_name, login_of


def test_the_printed_password_is_the_owners_until_the_next_start(tmp_path: Path) -> None:
    printed: list[str] = []

    async def first(house: House) -> None:
        printed.append(house.live.console_password)
        async with house.person() as person:
            assert (await person.sign_in("", printed[0])).path == "/", "the owner needs no name"

    async def second(house: House) -> None:
        async with house.person() as person:
            assert (await person.sign_in("owner", printed[0])).status == 401
            assert (await person.sign_in("owner", house.live.console_password)).path == "/"

    in_house(tmp_path, first)
    in_house(tmp_path, second)


def test_the_settings_password_is_the_owners_until_they_choose_their_own(tmp_path: Path) -> None:
    async def first(house: House) -> None:
        async with house.owner() as owner:
            assert (await owner.choose(PASSWORD, OWN)).path == "/"
            assert house.audit() == [("owner", "password changed")]

    async def second(house: House) -> None:
        async with house.person() as person:
            assert (await person.sign_in("owner", PASSWORD)).status == 401
            assert (await person.sign_in("Owner", OWN)).path == "/"
        assert len(accounts.listed(house.live.parts.node.store.view)) == 1

    in_house(tmp_path, first, CONSOLE_PASSWORD=PASSWORD)
    in_house(tmp_path, second, CONSOLE_PASSWORD=PASSWORD)


def test_a_new_member_of_staff_chooses_a_password_before_anything_else(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        async with house.owner() as owner, house.person() as marta:
            made = await owner.press("/accounts", "/accounts", name="  Marta  Rossi ", role="staff")
            assert "Marta Rossi" in made.words
            assert made.made not in (await owner.get("/accounts")).text, "shown once"
            assert (await marta.sign_in("marta rossi", made.made)).path == "/password"
            for path in ("/", "/house", "/news"):
                assert (await marta.get(path)).path == "/password"
            assert (await marta.get("/fragments/inbox")).headers["hx-redirect"] == "/password"
            token = (await marta.get("/password")).token
            assert (await marta.post("/tasks/x/done", {"token": token})).path == "/password"
            assert (await marta.choose(made.made, OWN)).path == "/"
            assert "Marta Rossi" in (await marta.get("/")).text
        async with house.person() as again:
            assert (await again.sign_in("Marta Rossi", made.made)).status == 401
            assert (await again.sign_in("Marta Rossi", OWN)).path == "/"
        assert house.audit() == [("owner", "account added"), ("Marta Rossi", "password changed")]

    in_house(tmp_path, story)


def test_a_first_password_ends_after_a_week(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        async with house.owner() as owner, house.person() as marta:
            first = (await owner.press("/accounts", "/accounts", name="Marta", role="staff")).made
            house.clock.ahead_seconds = FIRST_PASSWORD_MS // 1000 + 1
            assert (await marta.sign_in("Marta", first)).status == 401

    in_house(tmp_path, story)


def test_staff_do_not_manage_accounts_and_another_owner_does(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        async with house.owner() as owner, house.staff(owner, "Marta") as marta, house.person() as greta:
            assert (await marta.get("/accounts")).status == 403
            for action in ("/accounts", "/accounts/disable", "/accounts/password"):
                assert (await marta.press("/", action, name="owner", role="owner")).status == 403
            assert "/accounts" not in (await marta.get("/")).text
            first = (await owner.press("/accounts", "/accounts", name="Greta", role="owner")).made
            await greta.sign_in("Greta", first)
            await greta.choose(first, OWN)
            assert (await greta.press("/accounts", "/accounts", name="Paul", role="staff")).status == 200
            assert house.audit()[-1] == ("Greta", "account added")

    in_house(tmp_path, story)


def test_who_is_disabled_is_out_at_once_and_may_be_let_in_again(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        async with house.owner() as owner, house.staff(owner, "Marta") as marta:
            stream = await marta.http.get(f"{marta.url}/changes")
            assert (await owner.press("/accounts", "/accounts/disable", name="marta")).path == "/accounts"
            assert (await marta.get("/")).path == "/login"
            await stream.content.read()  # an open page hears nothing more: the stream has an end
            assert (await marta.sign_in("Marta", OWN)).status == 401
            assert (await owner.press("/accounts", "/accounts/disable", name="Marta")).status == 409
            first = (await owner.press("/accounts", "/accounts/password", name="Marta")).made
            assert (await marta.sign_in("Marta", first)).path == "/password"
            assert (await owner.press("/accounts", "/accounts/disable", name="owner")).status == 409
            done = [what for who, what in house.audit() if who == "owner"]
            assert done == ["account added", "account disabled", "first password given"]

    in_house(tmp_path, story)


def test_names_that_are_taken_or_stand_for_something_else_are_refused(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        async with house.owner() as owner:
            assert (await owner.press("/accounts", "/accounts", name="Zoë", role="staff")).status == 200
            for name in ("zoë", "ZOE\u0308"):
                assert (await owner.press("/accounts", "/accounts", name=name, role="staff")).status == 409
            for name in ("", "phone app", "Machine", "<b>", "x" * 41, "a\x00b", "-x"):
                assert (await owner.press("/accounts", "/accounts", name=name, role="staff")).status == 422
            assert (await owner.press("/accounts", "/accounts", name="Ann", role="king")).status == 422
            assert (await owner.press("/accounts", "/accounts/password", name="nobody")).status == 404

    in_house(tmp_path, story)


@pytest.mark.parametrize(
    ("now", "new", "again", "status", "why"),
    [
        (PASSWORD, "short", "short", 422, "at least 10"),
        (PASSWORD, "aaaaabbbbbaaaa", "aaaaabbbbbaaaa", 422, "easy to guess"),
        (PASSWORD, "the OWNER himself", "the OWNER himself", 422, "easy to guess"),
        (PASSWORD, "x1y2z3" * 40, "x1y2z3" * 40, 422, "too long"),
        (PASSWORD, OWN, "another one", 422, "differ"),
        (PASSWORD, PASSWORD, PASSWORD, 422, "until now"),
        ("wrong", OWN, OWN, 401, "is wrong"),
    ],
)
def test_a_bad_new_password_is_refused(
    tmp_path: Path, now: str, new: str, again: str, status: int, why: str
) -> None:
    async def story(house: House) -> None:
        async with house.owner() as owner:
            answer = await owner.choose(now, new, again)
            assert answer.status == status
            assert why in answer.words
            assert house.audit() == []

    in_house(tmp_path, story, CONSOLE_PASSWORD=PASSWORD)


def test_a_new_password_signs_out_everywhere_else(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        async with house.owner() as desk, house.owner() as tablet:
            await desk.choose(house.live.console_password, OWN)
            assert (await desk.get("/")).path == "/"
            assert (await tablet.get("/")).path == "/login"

    in_house(tmp_path, story)


def test_signing_out_everywhere(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        async with house.owner() as desk, house.owner() as tablet:
            assert (await desk.press("/password", "/logout/everywhere")).path == "/login"
            assert (await tablet.get("/")).path == "/login"
            assert house.audit() == [("owner", "signed out everywhere")]

    in_house(tmp_path, story)


def test_nothing_that_opens_is_kept_in_the_clear(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        async with house.owner() as owner:
            first = (await owner.press("/accounts", "/accounts", name="Marta", role="staff")).made
            await owner.choose(house.live.console_password, OWN)
            cookies = {cookie.key: cookie.value for cookie in owner.http.cookie_jar}
            secret = cookies[COOKIE].partition(".")[2]
            account = accounts.named(house.live.parts.node.store.view, "owner")
            assert account is not None
            cost = f"m={ARGON2_MEMORY_KIB},t={ARGON2_PASSES},p={ARGON2_LANES}"
            assert account.hash.startswith(f"$argon2id$v=19${cost}$")
        files = [file for file in (tmp_path / "data").rglob("*") if file.is_file()]
        kept = b"".join(file.read_bytes() for file in files)
        for word in (first, OWN, secret, house.live.console_password):
            assert word.encode() not in kept

    in_house(tmp_path, story)


def test_names_are_compared_as_people_read_them() -> None:
    assert login_of("  STRASSE\u00a0x ") == login_of("straße X")
    assert clean_name("Ｍarta") == "Marta"
    assert clean_name("O’Neill Jr. 2") == "O’Neill Jr. 2"
