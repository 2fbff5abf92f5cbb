"""The house: an owner lifts a provider's stop; a link in a message acknowledges, and can do nothing else."""

from __future__ import annotations

from pathlib import Path

from tests.console.staff import PERSON, START_PASSWORD, Staff, at_console, with_staff, words
from tests.console.web import AheadClock
from tests.support.node import RunningNode, on_node

from nightporter.model.decision import NewTask
from nightporter.outbox import tasks, tellings
from nightporter.outbox.tellings import NewTelling, Step
from nightporter.rounds.links import GOOD_MS, Links, bring_key
from nightporter.store import Tx


async def stopped(node: RunningNode) -> None:
    """The provider has blocked the account: nothing is sent until a person says so."""
    now_ms = node.node.clock.now_ms()
    await node.node.write(lambda tx: tx.run("channel_stop", ("whatsapp", now_ms, "131031", now_ms)))
    (begun,) = [key for key in node.parts.roads["whatsapp"].alerts() if "channel" in key]
    await node.node.alert(f"{begun}131031", "channel_stopped", "131031")
    node.parts.roads["whatsapp"].lane.stopped = "131031"


def test_an_owner_lifts_a_stop_and_what_waited_goes_out(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        async with at_console(node) as owner:
            owner.http.cookies.set("nightporter_language", "en")
            await owner.sign_in("owner", START_PASSWORD)
            await stopped(node)
            node.meta.guest_sends("393331234567", "text", node.node.clock.now_ms(), {"body": PERSON})
            node.providers["whatsapp"].poke()
            view = node.node.store.view
            await node.until(lambda: dict(view.all("outbox_counts")).get("waiting", 0) == 1)
            assert "Send again" in words(await owner.read("/house"))
            unsure = await owner.press("/house", "/channels/whatsapp/lift")
            assert unsure.status_code == 422, "only with the second button"
            assert (await owner.press("/house", "/channels/none/lift", sure="yes")).status_code == 404
            assert owner.sent() == []
            lifted = await owner.press("/house", "/channels/whatsapp/lift", sure="yes")
            assert lifted.headers["location"] == "/house"
            await node.until(lambda: len(owner.sent()) == 1)
            page = words(await owner.read("/house"))
            assert "Send again" not in page
            assert "owner let a channel send again" in page
            assert "channel_stopped" not in [task.reason for task in tasks.open_tasks(view)]
            assert (view.one("channel_state", ("whatsapp",)) or (0, "gone"))[1] == ""

    on_node(tmp_path, story)


def test_staff_see_the_stop_and_cannot_lift_it(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await stopped(staff.node)
        assert "An owner can let it send again." in words(await staff.read("/house"))
        assert (await staff.press("/house", "/channels/whatsapp/lift", sure="yes")).status_code == 403
        assert staff.node.parts.roads["whatsapp"].lane.stopped == "131031"
        staff.node.parts.roads["whatsapp"].lift()

    with_staff(tmp_path, story)


async def told(staff: Staff, *reasons: str) -> str:
    """The address of the link in a message about such tasks."""
    node = staff.node.node
    await bring_key(node)
    task_ids = tuple(node.ids.new() for _ in reasons)
    telling_id, now_ms = node.ids.new(), node.clock.now_ms()
    telling = NewTelling(
        telling_id=telling_id, way="slack", contact="Anna", step=Step.TOLD, task_ids=task_ids
    )

    def unit(tx: Tx) -> None:
        for task_id, reason in zip(task_ids, reasons, strict=True):
            task = NewTask(key=task_id, department="reception", reason=reason, summary="secret words")
            tasks.add(tx, task_id, task, None, now_ms)
        tellings.add(tx, [telling], now_ms)

    await node.write(unit)
    return f"/told/{Links(node.store.view).token(telling_id, now_ms)}"


def test_a_link_shows_no_words_takes_once_and_ends_after_a_day(tmp_path: Path) -> None:
    clock = AheadClock()

    async def story(staff: Staff) -> None:
        link = await told(staff, "call", "picture")
        view = staff.node.node.store.view
        staff.http.cookies.delete("nightporter")
        page = await staff.read(link)
        assert "I look after it" in words(page)
        assert "secret words" not in page
        assert [one.taken_ms > 0 for one in tellings.open_tasks(view)] == [False, False], (
            "to look changes nothing"
        )
        for _ in range(2):
            pressed = await staff.http.post(link)
            assert (pressed.status_code, pressed.headers["location"]) == (303, link)
        assert [one.taken_ms > 0 for one in tellings.open_tasks(view)] == [True, True]
        assert [row[2:4] for row in view.all("audit_list", ("~", 9))] == [("Anna", "task taken")]
        assert "Nobody else is told" in words(await staff.read(link))
        for path in ("/", "/house"):
            assert (await staff.http.get(path)).headers["location"] == "/login", "it opens nothing else"
        clock.ahead_seconds = GOOD_MS // 1000 + 1
        assert (await staff.http.get(link)).status_code == 404

    with_staff(tmp_path, story, clock=clock)


def test_forged_links_are_nothing(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        link = await told(staff, "call")
        telling_id, until, seal = link.removeprefix("/told/").split("-", 2)
        later = f"{int(until, 16) + 1:x}"
        other = ("0" if telling_id[0] != "0" else "1") + telling_id[1:]
        turned = ("A" if seal[0] != "A" else "B") + seal[1:]
        forged = (
            f"{telling_id}-{later}-{seal}", f"{other}-{until}-{seal}", f"{telling_id}-{until}-{turned}",
            f"{telling_id}-{until}-", "x", f"{telling_id}-{until}-{seal}x", "%00", "é" * 30,
        )  # fmt: skip
        for token in forged:
            for answer in (await staff.http.get(f"/told/{token}"), await staff.http.post(f"/told/{token}")):
                assert answer.status_code == 404, token
        assert not any(one.taken_ms for one in tellings.open_tasks(staff.node.node.store.view))

    with_staff(tmp_path, story)
