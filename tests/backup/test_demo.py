"""The hotelier's worst morning: the file is gone, the last snapshot comes back, and the talk goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.demo.play import Play, on_stage

from nightporter.backup.packing import silent
from nightporter.cli import main

FIRE = "Help, there is a fire in my room!"
SMOKE = "There is smoke in the corridor, help!"


def test_the_talk_goes_on_after_a_restore(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def first(play: Play) -> None:
        await play.press("text", text=FIRE)
        await play.until(lambda: len(play.said()) == 1)
        await play.live.parts.backups.take(silent)
        await play.press("text", guest="lucia", text=FIRE)
        await play.until(lambda: len(play.said("lucia")) == 1)
        await play.quiet()

    async def second(play: Play) -> None:
        await play.turn("clock:hour")
        await play.press("text", guest="lucia", text=SMOKE)
        await play.until(lambda: len(play.said("lucia")) == 2)
        await play.quiet()
        assert len(play.said()) == 1, "what was answered before is not answered again"
        assert len(play.said("lucia")) == 2
        view = play.live.parts.node.store.view
        assert "restored" in [row[3] for row in view.all("tasks_open", (99,))]

    on_stage(tmp_path, first)
    data = tmp_path / "demo"
    for path in data.glob("hotel.db*"):
        path.unlink()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NIGHTPORTER_DATA_DIR", str(data))
    capsys.readouterr()
    assert main(["backups", "--json"]) == 0
    [listed] = json.loads(capsys.readouterr().out)
    assert listed["state"] == "verified"
    assert main(["restore", "local", "latest", "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert done["snapshot"] == listed["stamp"]
    on_stage(tmp_path, second)
