"""What became of a send, as a value that decides what the delivery round does next (core rules SD2, SD3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What a provider's error code asks of us; `channels/codes.py` maps every known code to one."""

    STOP_CHANNEL = "stop_channel"  # token refused: keep the outbox, tell staff, probe
    PERMISSION = "permission"  # the token may not do this: same as STOP_CHANNEL
    BACKOFF = "backoff"  # wait with jitter, then again
    SLOW_CONVERSATION = "slow_conversation"  # pair rate: only this conversation waits, 4^n s
    STOP_PROACTIVE = "stop_proactive"  # quality limit: no proactive messages, alert
    NO_RETRY_MARKETING = "no_retry_marketing"  # the guest gets no marketing any more
    RETRY_WINDOW = "retry_window"  # messaging limit: proactive sends again in the next window
    STOP_ALERT = "stop_alert"  # account blocked, unpaid or out of credit: stop everything, alert
    WINDOW_CLOSED = "window_closed"  # never again as free form: template or staff
    UNDELIVERABLE = "undeliverable"  # this guest cannot be reached this way
    PERMANENT_BUG = "permanent_bug"  # we sent something wrong: never again as it is, alert
    RESEND_MEDIA = "resend_media"  # the file did not get through
    UNKNOWN_OUTCOME = "unknown_outcome"  # the provider itself does not know
    ALERT = "alert"  # a person must look at the account
    NEED_PHONE = "need_phone"  # this kind cannot go to a business-scoped id
    TEMPLATE_PROBLEM = "template_problem"  # the template or its parameters are wrong
    SWITCH_TEMPLATE = "switch_template"  # the template is paused or disabled
    FALLBACK_PLAIN = "fallback_plain"  # say it with plain messages
    NO_RETRY = "no_retry"  # not for this guest, not again
    REVERIFY = "reverify"  # the guest's identity key changed


class Scope(StrEnum):
    """How much must slow down when the provider asks for a pause."""

    CONVERSATION = "conversation"
    NUMBER = "number"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message; its statuses will come under `provider_id`."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider did not take the message and said why; it was not sent."""

    code: str  # `190`, `spoki::1029`, `http_404` where the answer carried no code
    details: str  # the provider's words, bounded; never shown to guests
    action: Action


@dataclass(frozen=True, slots=True)
class Retry:
    """The provider did not take the message and asks to come again; it was not sent."""

    after_seconds: float | None  # what the provider asked for, None = our own backoff
    code: str
    scope: Scope
    action: Action = Action.BACKOFF


@dataclass(frozen=True, slots=True)
class Released:
    """Nothing left this machine: the claim is released (SD2)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something may have reached the provider: never sent again, a status settles it (SD3)."""

    reason: str


Outcome = Accepted | Refused | Retry | Released | Unknown


@dataclass(frozen=True, slots=True)
class Fetched:
    """The whole file was handed to the sink."""

    size_bytes: int
    mime_type: str
    sha256: str  # hex, of what was handed to the sink
    as_stated: bool = True  # False: the provider had stated another hash


class FetchFailure(StrEnum):
    """Why a file did not come."""

    GONE = "gone"  # the provider has it no more (7 days at Meta)
    TOO_LARGE = "too_large"  # over the bound of its kind
    FORBIDDEN_HOST = "forbidden_host"  # the address is of no host we trust
    REFUSED = "refused"  # our token or key was refused
    AGAIN = "again"  # network, 429 or 5xx: worth another try


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """The file did not come; what the sink got of it is worthless."""

    failure: FetchFailure
    details: str = ""
    after_seconds: float | None = None
