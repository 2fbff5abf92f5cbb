"""The breaker against a model of its rules, and the token buckets: never faster than the rate, never slower."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st
from tests.store.world import HandClock

from nightporter.outbox.breaker import BUCKETS, RESET_SECONDS, WINDOW_SECONDS, Breaker, BreakerState
from nightporter.outbox.rates import PAIR_BURST, PAIR_REFILL_SECONDS, PAIRS_KEPT, Bucket, PairRates

VOLUME, PERCENT = 4, 50
CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


@dataclass
class Model:
    """The rules in other words: every call is remembered with its time."""

    state: BreakerState = CLOSED
    opened_at: float = 0.0
    probe_out: bool = False
    calls: list[tuple[int, bool]] = field(default_factory=list[tuple[int, bool]])

    def admits(self, now: float) -> bool:
        if self.state is OPEN and now >= self.opened_at + RESET_SECONDS:
            self.state, self.probe_out = HALF_OPEN, False
        if self.state is HALF_OPEN and not self.probe_out:
            self.probe_out = True
            return True
        return self.state is CLOSED

    def success(self, now: float, probe: bool) -> None:
        if probe:
            self.state, self.calls = CLOSED, []
        self.calls.append((bucket(now), True))

    def failure(self, now: float, probe: bool) -> None:
        self.calls.append((bucket(now), False))
        recent = [went for when, went in self.calls if when > bucket(now) - BUCKETS]
        too_many = len(recent) >= VOLUME and recent.count(False) * 100 > len(recent) * PERCENT
        if probe or (self.state is CLOSED and too_many):
            self.state, self.opened_at = OPEN, now

    def forget(self, _: float, probe: bool) -> None:
        self.probe_out = self.probe_out and not probe


def bucket(now: float) -> int:
    return int(now / (WINDOW_SECONDS / BUCKETS))


STEPS = st.lists(
    st.sampled_from(["ask", "ask", "success", "forget", "failure", "failure", "failure"])
    | st.integers(1, 7_000),
    max_size=60,
)


@given(steps=STEPS)
def test_the_breaker_keeps_its_rules(steps: Sequence[str | int]) -> None:
    clock, model = HandClock(), Model()
    breaker = Breaker(clock, volume=VOLUME, threshold_percent=PERCENT)
    under_way: list[bool] = []  # of each call, whether it is the probe
    for step in ["ask"] * 8 + list(steps):
        now = clock.elapsed_seconds()
        match step:
            case int():
                clock.ms += step
            case "ask":
                admitted = breaker.admits()
                assert admitted is model.admits(now)
                under_way += [model.state is HALF_OPEN] * admitted
            case _ if under_way:
                probe = under_way.pop(0 if len(under_way) % 2 else -1)
                getattr(breaker, step)(probe=probe)
                getattr(model, step)(now, probe)
            case _:
                pass
        assert breaker.state is model.state
        assert breaker.retry_after_seconds() <= RESET_SECONDS


def open_breaker(clock: HandClock) -> Breaker:
    breaker = Breaker(clock, volume=VOLUME)
    for _ in range(VOLUME):
        assert breaker.admits()
        breaker.failure()
    assert breaker.state is OPEN
    return breaker


def test_volume_and_percentage() -> None:
    clock = HandClock()
    breaker = Breaker(clock, volume=VOLUME, threshold_percent=50)
    for step in ("success", "success", "failure", "failure"):
        getattr(breaker, step)()
    assert breaker.state is CLOSED, "half is not more than half"
    breaker.failure()
    assert breaker.state is OPEN

    few = Breaker(clock, volume=VOLUME)
    for _ in range(VOLUME - 1):
        few.failure()
    assert few.state is CLOSED


def test_the_window_rolls() -> None:
    clock = HandClock()
    breaker = Breaker(clock, volume=VOLUME)
    for _ in range(VOLUME * 3):
        breaker.success()
    clock.ms += int(WINDOW_SECONDS * 1000)
    for _ in range(VOLUME - 1):
        breaker.failure()
    assert breaker.state is CLOSED, "old successes hide nothing, new failures are too few"
    breaker.failure()
    assert breaker.state is OPEN


def test_exactly_one_probe() -> None:
    clock = HandClock()
    breaker = open_breaker(clock)
    assert not breaker.admits()
    clock.ms += int(RESET_SECONDS * 1000)
    assert [breaker.admits() for _ in range(5)] == [True, False, False, False, False]
    breaker.failure(probe=True)
    assert (breaker.state, breaker.retry_after_seconds()) == (OPEN, RESET_SECONDS)
    clock.ms += int(RESET_SECONDS * 1000)
    assert breaker.admits()
    breaker.success(probe=True)
    assert breaker.state is CLOSED
    assert [breaker.admits() for _ in range(5)] == [True] * 5


def test_a_probe_that_was_not_made_is_another_s() -> None:
    clock = HandClock()
    breaker = open_breaker(clock)
    clock.ms += int(RESET_SECONDS * 1000)
    assert breaker.admits()
    breaker.forget(probe=True)
    assert [breaker.admits(), breaker.admits()] == [True, False]


def test_a_call_from_before_decides_nothing_while_the_probe_is_out() -> None:
    clock = HandClock()
    breaker = open_breaker(clock)
    clock.ms += int(RESET_SECONDS * 1000)
    assert breaker.admits()
    for tell in (breaker.forget, breaker.success, breaker.failure):
        tell()
        assert breaker.state is HALF_OPEN
        assert not breaker.admits()


def test_failures_of_calls_that_were_under_way_do_not_hold_it_open_longer() -> None:
    clock = HandClock()
    breaker = open_breaker(clock)
    clock.ms += 4_000
    breaker.failure()
    breaker.failure()
    assert breaker.opened == 1
    assert breaker.retry_after_seconds() == RESET_SECONDS - 4


@given(
    rate=st.floats(0.1, 100),
    burst=st.floats(1, 50),
    waits=st.lists(st.integers(0, 3_000), min_size=1, max_size=60),
)
def test_a_bucket_never_gives_more_than_its_rate(rate: float, burst: float, waits: list[int]) -> None:
    clock = HandClock()
    bucket, begun, taken = Bucket(clock, rate, burst), clock.elapsed_seconds(), 0
    for wait in waits:
        clock.ms += wait
        while bucket.wait_seconds() == 0:
            bucket.take()
            taken += 1
        assert taken <= burst + (clock.elapsed_seconds() - begun) * rate + 1e-6
        needed = bucket.wait_seconds()
        assert 0 < needed <= 1 / rate + 1e-9


def test_a_bucket_gives_what_it_promised() -> None:
    clock = HandClock()
    bucket = Bucket(clock, rate=2, burst=1)
    bucket.take()
    assert bucket.wait_seconds() == 0.5
    clock.ms += 500
    assert bucket.wait_seconds() == 0
    bucket.take()
    bucket.put_back()
    bucket.put_back()
    assert bucket.wait_seconds() == 0
    bucket.take()
    assert bucket.wait_seconds() > 0, "what is put back does not pile up"


def test_pairs_do_not_hold_each_other_up() -> None:
    clock = HandClock()
    pairs = PairRates(clock)
    for _ in range(PAIR_BURST):
        assert pairs.of("a").wait_seconds() == 0
        pairs.of("a").take()
    assert pairs.of("a").wait_seconds() == PAIR_REFILL_SECONDS
    assert pairs.of("b").wait_seconds() == 0


def test_the_longest_unused_pair_is_forgotten() -> None:
    pairs = PairRates(HandClock())
    first, second = pairs.of("first"), pairs.of("second")
    pairs.of("first")
    for number in range(PAIRS_KEPT - 1):
        pairs.of(str(number))
    assert pairs.of("first") is first
    assert pairs.of("second") is not second
