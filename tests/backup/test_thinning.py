"""Which snapshots go: all of a day stay, then hourly, then daily, within the room; never the newest good one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nightporter.backup.thinning import DAY_MS, HOUR_MS, Kept, to_drop

NOW_MS = 1_800_000_000_000 // DAY_MS * DAY_MS + DAY_MS // 2
QUARTER_MS = HOUR_MS // 4
ROOMY = 1 << 60


def every_quarter(days: int, size: int = 1) -> list[Kept]:
    return [Kept(f"s{at:06}", NOW_MS - at * QUARTER_MS, size) for at in range(days * 96)]


def left(found: list[Kept], space_bytes: int = ROOMY) -> list[Kept]:
    gone = to_drop(found, NOW_MS, space_bytes)
    return [one for one in found if one.stamp not in gone]


def test_a_day_of_all_a_day_of_hours_a_month_of_days() -> None:
    kept = left(every_quarter(days=60))
    ages = [NOW_MS - one.taken_ms for one in kept]
    assert sum(age < DAY_MS for age in ages) == 96
    assert 24 <= sum(DAY_MS <= age < 2 * DAY_MS for age in ages) <= 25
    assert 29 <= sum(age >= 2 * DAY_MS for age in ages) <= 30
    assert max(ages) < 31 * DAY_MS


def test_thinning_again_and_again_leaves_the_same_as_at_once() -> None:
    """What is dropped each quarter of an hour for a month is not more than what is dropped after it."""
    held: list[Kept] = []
    for one in reversed(every_quarter(days=35)):
        held.append(one)
        gone = to_drop(held, one.taken_ms, ROOMY)
        held = [each for each in held if each.stamp not in gone]
    assert len(held) == len(left(every_quarter(days=35)))


def test_bad_ones_stay_for_a_day_and_never_in_place_of_good_ones() -> None:
    good = Kept("good", NOW_MS - 30 * HOUR_MS, 1)
    bad = Kept("bad", NOW_MS - 30 * HOUR_MS + 1, 1, good=False)
    young = Kept("young", NOW_MS - HOUR_MS, 1, good=False)
    assert left([good, bad, young]) == [good, young]


def test_little_room_thins_by_what_is_missed_least() -> None:
    kept = left(every_quarter(days=20, size=10), space_bytes=200)
    assert len(kept) == 20
    assert kept[0].taken_ms == NOW_MS
    ages = sorted(NOW_MS - one.taken_ms for one in kept)
    assert ages[-1] > 10 * DAY_MS, "old times are still there"
    assert sum(age < DAY_MS for age in ages) > 5, "and young ones"


snapshots = st.lists(
    st.builds(
        Kept,
        st.uuids().map(str),
        st.integers(NOW_MS - 40 * DAY_MS, NOW_MS + DAY_MS),
        st.integers(1, 1_000),
        st.booleans(),
    ),
    max_size=60,
    unique_by=lambda one: one.stamp,
)


@given(snapshots, st.integers(0, 10_000))
def test_the_newest_good_one_stays_whatever_it_weighs(found: list[Kept], space_bytes: int) -> None:
    gone = to_drop(found, NOW_MS, space_bytes)
    kept = [one for one in found if one.stamp not in gone]
    good = [one for one in found if one.good]
    if good:
        newest = max(good, key=lambda one: one.taken_ms)
        assert any(one.taken_ms == newest.taken_ms for one in kept)
    assert sum(one.size for one in kept) <= space_bytes or len(kept) <= 1
