"""How a provider fake behaves: rates, delays, chances and scripted failures, all changeable while it runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from nightporter.clock import Chance
from nightporter.testing.providers.chance import happens

DAY_MS = 86_400_000
WINDOW_MS = DAY_MS
"""Free-form messages are allowed this long after the guest's last message."""
MEDIA_URL_MS = 300_000
"""A media address works this long."""
MEDIA_KEPT_MS = 7 * DAY_MS
"""The media of a webhook live this long."""
BULKY_BYTES = 80_000


class Failure(StrEnum):
    """One way in which a request goes wrong: `*_BEFORE` accepts nothing, `*_AFTER` has accepted."""

    NONE = "none"
    RESET_BEFORE = "reset_before"
    ERROR_BEFORE = "error_before"
    UNAVAILABLE_BEFORE = "unavailable_before"
    THROUGHPUT_BEFORE = "throughput_before"
    TOKEN_BEFORE = "token_before"
    NEVER_BEFORE = "never_before"
    CODE_BEFORE = "code_before"
    RESET_AFTER = "reset_after"
    ERROR_AFTER = "error_after"
    NEVER_AFTER = "never_after"
    SLOW_AFTER = "slow_after"
    NO_ID_AFTER = "no_id_after"

    @property
    def accepts(self) -> bool:
        """Whether the provider has taken the message although the client cannot know."""
        return self.value.endswith("_after") or self is Failure.NONE


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure with its figures: `code` for CODE_BEFORE, `delay_ms` before the (missing) answer."""

    kind: Failure
    code: int | str | None = None
    delay_ms: int | None = None

    @staticmethod
    def of(spec: str | Mapping[str, Any] | Failure | Fault) -> Fault:
        """Read `"reset_after"`, `"code:131026"`, `{"kind", "code"?, "delay_ms"?}` or what is already one."""
        if isinstance(spec, Fault):
            return spec
        if isinstance(spec, Failure):
            return Fault(spec)
        if isinstance(spec, Mapping):
            return Fault(Failure(spec["kind"]), spec.get("code"), spec.get("delay_ms"))
        if spec.startswith("code:"):
            code = spec.removeprefix("code:")
            return Fault(Failure.CODE_BEFORE, int(code) if code.isdecimal() else code)
        return Fault(Failure(spec))


@dataclass(slots=True)
class Behaviour:
    """Everything that can be turned. Chances (`p_*`) are 0 to 1, by default 0; times are milliseconds."""

    # sends that fail
    p_reset_before: float = 0.0
    p_error_before: float = 0.0
    p_unavailable_before: float = 0.0
    p_throughput_before: float = 0.0
    p_token_before: float = 0.0
    p_never_before: float = 0.0
    p_reset_after: float = 0.0
    p_error_after: float = 0.0
    p_never_after: float = 0.0
    p_slow_after: float = 0.0
    p_no_id_after: float = 0.0
    slow_ms: int = 30_000
    # every answer
    arrival_ms: int = 0
    """Between the request's arrival and its being looked at (accepted or refused)."""
    arrival_spread_ms: int = 0
    answer_ms: int = 0
    """Between accepting and answering."""
    answer_spread_ms: int = 0
    # rules
    per_second: int = 80
    """A number's messages per second, in and out together; 0 = no limit."""
    pair_every_ms: int = 6_000
    pair_burst: int = 45
    """So many in one `pair_every_ms`, borrowed from later; 0 = no pair limit."""
    window_checked: bool = True
    window_refused_in_status: bool = False
    """A closed window is told in a failed status instead of in the answer."""
    known_reads_only: bool = True
    """Mark-as-read of a message this fake did not send is refused."""
    # statuses
    statuses: bool = True
    sent_ms: int = 0
    delivered_ms: int = 0
    read_ms: int = 0
    status_spread_ms: int = 0
    p_no_status: float = 0.0
    p_skip_delivered: float = 0.0
    p_unread: float = 0.0
    p_failed: float = 0.0
    failed_code: int = 131026
    # webhooks
    webhook_ms: int = 0
    webhook_spread_ms: int = 0
    webhook_timeout_ms: int = 10_000
    webhooks_paused: bool = False
    batch_max: int = 1
    batch_wait_ms: int = 0
    batch_shape: str = "value"
    """`value` joins messages in one value, `changes` and `entries` do not, `mixed` draws for each body."""
    p_repeat: float = 0.0
    """The same bytes once more, `repeat_ms` later."""
    p_repeat_rewritten: float = 0.0
    """The same things in other bytes, `repeat_ms` later."""
    p_concurrent: float = 0.0
    """The same bytes twice at the same moment."""
    repeat_ms: int = 1_000
    p_bulky: float = 0.0
    """White space brings the body over `BULKY_BYTES`: a receiver may treat large ones in another way."""
    p_reorder: float = 0.0
    reorder_ms: int = 2_000
    retry_base_ms: int = 1_000
    retry_max_ms: int = 3_600_000
    retry_for_ms: int = 7 * DAY_MS
    # Spoki only
    metadata_echo: bool = False
    p_inbound_updated: float = 0.0
    unread_events: bool = False

    def change(self, changes: Mapping[str, Any]) -> None:
        """Set several by name; an unknown name or a wrong value is a ValueError and changes nothing."""
        known: dict[str, object] = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, value in changes.items():
            if name not in known:
                msg = f"no behaviour is called {name!r}; there are: {', '.join(sorted(known))}"
                raise ValueError(msg)
            wanted: type[object] = type(known[name])
            if not isinstance(value, (int, float) if wanted is float else wanted) or (
                isinstance(value, bool) and wanted is not bool
            ):
                msg = f"behaviour {name} takes a {wanted.__name__}, not {value!r}"
                raise ValueError(msg)
        for name, value in changes.items():
            setattr(self, name, value)


_CHANCES = tuple(kind for kind in Failure if kind not in {Failure.NONE, Failure.CODE_BEFORE})


class Faults:
    """Decides how each request fails: the script first, then chance."""

    def __init__(self, chance: Chance, behaviour: Behaviour) -> None:
        self._chance = chance
        self._behaviour = behaviour
        self._scripts: dict[str, deque[Fault]] = {}

    def script(self, faults: Iterable[str | Mapping[str, Any] | Failure | Fault], route: str) -> None:
        """Queue a fault for each of the next requests of that route (`none` lets one through)."""
        self._scripts.setdefault(route, deque()).extend([Fault.of(spec) for spec in faults])

    def draw(self, route: str, *, by_chance: bool) -> Fault:
        """What happens to the request that is here now."""
        script = self._scripts.get(route)
        if script:
            return script.popleft()
        if by_chance:
            for kind in _CHANCES:
                if happens(self._chance, getattr(self._behaviour, f"p_{kind.value}")):
                    return Fault(kind)
        return Fault(Failure.NONE)
