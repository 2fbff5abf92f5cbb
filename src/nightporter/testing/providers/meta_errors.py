"""Meta's refusals: error codes with their HTTP status and title, and the error body around them.

Codes and titles follow Meta's Cloud API error page; only what a fake can bring about by itself or is told to
play is listed, any other code can be played too (400, "Error").
"""

from __future__ import annotations

from dataclasses import dataclass

from nightporter.clock import Chance
from nightporter.testing.providers.chance import octets
from nightporter.testing.providers.ledger import JsonObject
from nightporter.testing.providers.wire import Answer

TITLES: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (400, "API Unknown"),
    2: (503, "API Service"),
    3: (500, "API Method"),
    4: (429, "Application request limit reached"),
    10: (403, "Permission Denied"),
    100: (400, "Invalid parameter"),
    190: (401, "Access token has expired"),
    200: (403, "API Permission"),
    368: (403, "Temporarily blocked for policies violations"),
    80007: (429, "Rate limit issues"),
    130429: (429, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Account has been locked"),
    131037: (400, "Display name approval needed"),
    131041: (400, "Group unknown"),
    131042: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (429, "Spam rate limit hit"),
    131049: (400, "Meta chose not to deliver"),
    131050: (400, "User has stopped marketing messages"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131056: (429, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    131062: (400, "Business-scoped user id recipients are not supported for this message"),
    131064: (429, "Messaging limit reached"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
    132005: (400, "Translated text too long"),
    132007: (400, "Template format character policy violated"),
    132008: (400, "Parameter value is not valid"),
    132012: (400, "Parameter format does not match format in the created template"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
    132068: (400, "Flow is blocked"),
    132069: (400, "Flow is throttled"),
    133010: (400, "Phone number not registered"),
    135000: (400, "Generic user error"),
    137000: (400, "Recipient identity key hash mismatch"),
}
NO_SUCH_OBJECT = 33


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused request."""

    code: int
    details: str | None = None
    subcode: int | None = None
    message: str | None = None

    @property
    def http_status(self) -> int:
        """The HTTP status that goes with the code."""
        return TITLES.get(self.code, (400, ""))[0]

    @property
    def title(self) -> str:
        """Meta's title of the code."""
        return TITLES.get(self.code, (0, "Error"))[1]

    def answer(self, chance: Chance, delay_ms: int = 0) -> Answer:
        """The refusal as Meta words it."""
        error: JsonObject = {
            "message": self.message or f"(#{self.code}) {self.title}",
            "type": "GraphMethodException" if self.subcode == NO_SUCH_OBJECT else "OAuthException",
            "code": self.code,
        }
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.details is not None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        error["fbtrace_id"] = "A" + octets(chance, 11).hex()
        return Answer.of_json(self.http_status, {"error": error}, delay_ms=delay_ms)

    def in_status(self) -> JsonObject:
        """The refusal as it stands in a failed status."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details or self.title},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }


def token_refused(reason: str = "The session has been invalidated.") -> Refusal:
    """The bearer is not the valid one."""
    return Refusal(190, message=f"Error validating access token: {reason}")


def no_object(name: str) -> Refusal:
    """The id in the path is not ours."""
    message = (
        f"Unsupported request. Object with ID '{name}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation"
    )
    return Refusal(100, subcode=NO_SUCH_OBJECT, message=message)


def missing(name: str) -> Refusal:
    """A parameter of the request itself is not there."""
    return Refusal(100, message=f"(#100) The parameter {name} is required.")
