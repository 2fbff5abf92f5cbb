"""What each error code of a provider asks of us: the table, and how it is looked up.

Source: Meta's error page and its cross-check in `facts`; codes without an entry are permanent for that message.
"""

from __future__ import annotations

from nightporter.channels.outcome import Action, Scope

RETRIED: dict[
    str, Scope
] = {  # core rules SD2: only these codes (and status 429) are ever sent again by themselves
    "4": Scope.CHANNEL,
    "80007": Scope.CHANNEL,
    "130429": Scope.NUMBER,
    "131056": Scope.CONVERSATION,
    "131016": Scope.NUMBER,
    "131057": Scope.NUMBER,
}

_CODES: dict[Action, str] = {
    Action.STOP_CHANNEL: "0 190",
    Action.PERMISSION: "3 10",
    Action.BACKOFF: "4 80007 130429 131016 131057",
    Action.SLOW_CONVERSATION: "131056",
    Action.STOP_PROACTIVE: "131048",
    Action.NO_RETRY_MARKETING: "131049 131050",
    Action.RETRY_WINDOW: "131064",
    Action.STOP_ALERT: "368 131031 130497 131042 spoki::1029",
    Action.WINDOW_CLOSED: "131047 470",
    Action.UNDELIVERABLE: "131026",
    Action.NO_RETRY: "131021 131030 130472",
    Action.PERMANENT_BUG: "131008 131009 100",
    Action.RESEND_MEDIA: "131051 131052 131053",
    Action.UNKNOWN_OUTCOME: "131000 135000 1 2",
    Action.ALERT: "131037 131045",
    Action.NEED_PHONE: "131062",
    Action.TEMPLATE_PROBLEM: "132000 132001 132005 132007 132008 132012",
    Action.SWITCH_TEMPLATE: "132015 132016",
    Action.FALLBACK_PLAIN: "132068 132069",
    Action.REVERIFY: "137000",
}

ACTIONS: dict[str, Action] = {code: action for action, codes in _CODES.items() for code in codes.split()}

RANGES: tuple[tuple[int, int, Action], ...] = (
    (200, 299, Action.PERMISSION),
    (133000, 133016, Action.ALERT),  # registration of the number
)

BY_STATUS: dict[int, Action] = {
    401: Action.STOP_CHANNEL,
    403: Action.PERMISSION,
}  # answers that carry no code


def known_action(code: str) -> Action | None:
    """The table's action for a code; None when the code is not in it."""
    action = ACTIONS.get(code)
    if action is None and code.isascii() and code.isdecimal() and len(code) < 10:
        number = int(code)
        action = next((then for low, high, then in RANGES if low <= number <= high), None)
    return action


def action_for(code: str) -> Action:
    """What to do about a code that came with a refusal or in a failed status: total."""
    return known_action(code) or Action.PERMANENT_BUG


def plain(code: str) -> str:
    """A code as the table spells it: Meta's codes passed through by Spoki lose their prefix."""
    return code.removeprefix("whatsapp::")
