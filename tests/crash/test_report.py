"""The results file: what makes a long run resumable, and what a summary says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from nightporter.testing.crash.plan import Moment, Plan
from nightporter.testing.crash.report import Kills, line_of, never_killed_in, summary
from nightporter.testing.crash.run import Report
from nightporter.testing.crash.stages import LIFE, Stage


def report(seed: int, counted: int, *stages: Stage, broken: tuple[str, ...] = ()) -> Report:
    return Report(
        Plan.of(seed), Path(), counted=counted, kills=counted, stages=Counter(stages), broken=list(broken)
    )


def test_a_run_goes_on_where_its_file_ends_unless_the_code_is_another(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    first = Kills(file, "aaa")
    assert (first.counted, first.next_seed) == (0, 0)
    first.add(line_of(report(0, 10), 1))
    first.add(line_of(report(1, 7, broken=("a guest waits",)), 2))
    again = Kills(file, "aaa")
    assert (again.counted, again.next_seed) == (17, 2)
    assert "1 BROKEN:\nseed 1: a guest waits" in summary(again.lines)
    assert Kills(file, "bbb").counted == 0


def test_a_long_run_must_have_killed_in_every_stage() -> None:
    most = [stage for stage in LIFE if stage is not Stage.CLAIMED]
    short, long = line_of(report(0, 199, *most), 0), line_of(report(0, 200, *most), 0)
    assert never_killed_in([short]) == []
    assert "every promise held" in summary([short])
    assert never_killed_in([long]) == ["claimed, not accepted"]
    assert "no kill met a message that was 'claimed, not accepted'" in summary([long])
    assert never_killed_in([long, line_of(report(1, 1, Stage.CLAIMED), 0)]) == []


def test_plans_repeat_by_their_seed_and_kill_at_every_kind_of_moment() -> None:
    cycles = [cycle for _, cycle in zip(range(60), Plan.of(7).cycles(), strict=False)]
    assert cycles == [cycle for _, cycle in zip(range(60), Plan.of(7).cycles(), strict=False)]
    assert {cycle.moment for cycle in cycles} == set(Moment)
    assert cycles[0].moment is Moment.TOLD
    assert len({str(Plan.of(seed)) for seed in range(20)}) == 20
