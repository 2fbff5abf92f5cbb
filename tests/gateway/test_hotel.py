"""Guests, stays and conversations, for the hotel's own systems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.node import RunningNode, on_node

STAY = {
    "source": "pms", "code": "A-1", "guest": "+39 333 123-4567", "arrival": "2026-08-31", "departure": "2026-09-02",
}  # fmt: skip


def test_guests_are_known_by_phone(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        status, made = await node.ask(
            "POST", "/api/guests", {"phone": "0039 333 1234567", "name": "Guest", "language": "it"}
        )
        assert status == 201
        assert (made["phone"], made["name"], made["language"]) == ("393331234567", "Guest", "it")
        status, same = await node.ask("POST", "/api/guests", {"phone": "+39 (333) 1234567", "language": "de"})
        assert (status, same["id"], same["name"], same["language"]) == (200, made["id"], "Guest", "de")
        for number in range(4):
            await node.ask("POST", "/api/guests", {"phone": f"4366412345{number:02}"})
        _, page = await node.ask("GET", "/api/guests?limit=3")
        _, rest = await node.ask("GET", f"/api/guests?limit=3&after={page['next']}")
        assert len({each["id"] for each in page["guests"] + rest["guests"]}) == 5
        assert rest["next"] is None
        assert (await node.ask("GET", f"/api/guests/{made['id']}"))[1]["stays"] == []
        assert (await node.ask("GET", "/api/guests/nobody"))[0] == 404
        for phone in ("333 1234567", "", "+", "+39abc", "+39" + "1" * 20, 5, "+0123456789"):
            status, told = await node.ask("POST", "/api/guests", {"phone": phone})
            assert status == (201 if phone == "333 1234567" else 422), told  # 333 may be a country code

    on_node(tmp_path, story, rounds=False)


def test_a_stay_is_created_once_and_changed(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        more: dict[str, Any] = {
            "room": "204",
            "flight": "az 1234",
            "name": "Guest",
            "companions": ["+491701234567"],
        }
        status, made = await node.ask("POST", "/api/stays", {**STAY, **more})
        assert (status, made["room"], made["flight"], made["state"]) == (201, "204", "AZ1234", "booked")
        assert sorted(each["role"] for each in made["guests"]) == ["booker", "companion"]
        status, same = await node.ask("POST", "/api/stays", {**STAY, "room": "301", "cancelled": True})
        assert (status, same["id"], same["room"], same["state"]) == (200, made["id"], "301", "cancelled")
        assert (await node.ask("GET", f"/api/stays/{made['id']}"))[1] == same
        booker = next(each["id"] for each in made["guests"] if each["role"] == "booker")
        whole = (await node.ask("GET", f"/api/guests/{booker}"))[1]
        assert [(each["code"], each["role"]) for each in whole["stays"]] == [("A-1", "booker")]
        for wrong in (
            {"arrival": "2026-02-30"},
            {"departure": "2026-08-30"},
            {"arrival": None},
            {"flight": "later"},
        ):
            status, told = await node.ask("POST", "/api/stays", {**STAY, **wrong})
            assert (status, told["code"]) == (422, "invalid")
        assert (await node.ask("GET", "/api/stays/none"))[0] == 404

    on_node(tmp_path, story, rounds=False)


def test_stays_are_listed_by_arrival(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        for number in (3, 1, 2, 5, 4):
            day = f"2026-08-0{number}"
            await node.ask("POST", "/api/stays", {**STAY, "code": f"C{number}", "arrival": day})
        _, page = await node.ask("GET", "/api/stays?limit=2&from=2026-08-02")
        _, rest = await node.ask("GET", f"/api/stays?limit=2&after={page['next']}")
        codes = [each["code"] for each in page["stays"] + rest["stays"]]
        assert codes == ["C2", "C3", "C4", "C5"]
        assert (await node.ask("GET", "/api/stays?after=none"))[0] == 404
        assert (await node.ask("GET", "/api/stays?from=yesterday"))[0] == 422

    on_node(tmp_path, story, rounds=False)


def test_conversations_show_both_sides_without_card_numbers(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        now_ms = node.node.clock.now_ms()
        said = "Help, there is a fire! My card is 4111 1111 1111 1111"
        for number in range(3):
            node.meta.guest_sends(f"39333123456{number}", "text", now_ms + number, {"body": said})
        node.providers["whatsapp"].poke()
        await node.until(lambda: len(node.meta.ledger.accepted()) == 3)
        await node.idle()
        _, page = await node.ask("GET", "/api/conversations?limit=2")
        _, rest = await node.ask("GET", f"/api/conversations?limit=2&after={page['next']}")
        found = page["conversations"] + rest["conversations"]
        assert len({each["id"] for each in found}) == 3
        assert rest["next"] is None
        status, whole = await node.ask("GET", f"/api/conversations/{found[0]['id']}")
        assert status == 200
        assert {each["from"] for each in whole["messages"]} == {"guest", "us"}
        assert "4111 1111" not in str(whole)
        assert whole["earlier"] is None
        seen: list[str] = []
        before = ""
        while before is not None:
            _, part = await node.ask("GET", f"/api/conversations/{found[0]['id']}?limit=1&before={before}")
            seen += [each["id"] for each in part["messages"]]
            before = part["earlier"]
        assert sorted(seen) == sorted(each["id"] for each in whole["messages"])
        assert (await node.ask("GET", "/api/conversations/none"))[0] == 404
        assert (await node.ask("GET", "/api/conversations?after=x"))[0] == 422

    on_node(tmp_path, story, channels=("whatsapp",))
