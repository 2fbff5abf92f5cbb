"""The account's message templates, and the checks of a send against them."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from nightporter.testing.providers.ledger import JsonObject
from nightporter.testing.providers.meta_errors import Refusal
from nightporter.testing.providers.shapes import as_object, as_objects

_FORBIDDEN_IN_PARAMETER = re.compile(r"[\n\t]| {5,}")


@dataclass(frozen=True, slots=True)
class Template:
    """One template: how many parameters it takes; `header` is text, image, video, document or None."""

    body_parameters: int = 0
    header: str | None = None
    header_parameters: int = 0
    button_parameters: int = 0
    category: str = "utility"
    languages: frozenset[str] = frozenset({"en", "it", "de", "fr", "es"})
    state: str = "approved"
    """`approved`, `paused` (132015), `disabled` (132016), or `pending`, `rejected` (both as if it did not exist)."""
    names: tuple[str, ...] = field(default=())
    """Names of the body's parameters, if they are named."""
    text: str = ""
    """The body's words; "" = made from the name."""
    reason: str = "NONE"
    quality: str = "GREEN"


Templates = dict[str, Template]
DEMO_TEMPLATES: Templates = {
    "hello_world": Template(languages=frozenset({"en_US", "en"})),
    "stay_message": Template(body_parameters=1),
    "flight_delay": Template(
        body_parameters=2, text="Your flight {{1}} is late. We expect you about {{2}} and keep the room."
    ),
    "found_thing": Template(
        body_parameters=2,
        names=("guest", "thing"),
        languages=frozenset({"en", "it"}),
        text="Dear {{guest}}, we have found your {{thing}}. Shall we send it to you?",
    ),
    "winter_offer": Template(
        category="marketing",
        state="rejected",
        reason="PROMOTIONAL",
        languages=frozenset({"de"}),
        quality="UNKNOWN",
        text="Winter at our place: 20 % less for you.",
    ),
    "spa_news": Template(
        category="marketing",
        state="paused",
        languages=frozenset({"it"}),
        quality="RED",
        text="News of our spa.",
    ),
    "late_checkout": Template(
        state="pending",
        languages=frozenset({"fr"}),
        quality="UNKNOWN",
        body_parameters=1,
        text="Vous pouvez garder la chambre jusqu'à {{1}}.",
    ),
}
_NOT_YET = {"pending", "rejected"}
_STATES = {"paused": 132015, "disabled": 132016}


def check_template(part: JsonObject, templates: Templates) -> Iterator[Refusal]:
    """Refusals of the `template` part of a send."""
    name, code = part.get("name"), as_object(part.get("language")).get("code")
    if not isinstance(name, str) or not name:
        yield Refusal(131008, "template['name'] is missing")
        return
    if not isinstance(code, str) or not code:
        yield Refusal(131008, "template['language']['code'] is missing")
    template = templates.get(name)
    if template is None or code not in template.languages or template.state in _NOT_YET:
        yield Refusal(132001, f"template name ({name}) does not exist in {code}")
        return
    if template.state in _STATES:
        yield Refusal(_STATES[template.state], f"template ({name}) is {template.state}")
    components = as_objects(part.get("components"))
    yield from _body(components, template)
    yield from _header(components, template)
    buttons = [component for component in components if _type_of(component) == "button"]
    if len(buttons) != template.button_parameters:
        yield _count("button", len(buttons), template.button_parameters)


def _type_of(component: JsonObject) -> str:
    return str(component.get("type", "")).lower()


def _parameters(components: list[JsonObject], kind: str) -> list[JsonObject]:
    return [
        parameter
        for component in components
        if _type_of(component) == kind
        for parameter in as_objects(component.get("parameters"))
    ]


def _count(where: str, got: int, wanted: int) -> Refusal:
    expected = f"does not match the expected number of params ({wanted})"
    details = f"{where}: number of localizable_params ({got}) {expected}"
    return Refusal(132000, details)


def _body(components: list[JsonObject], template: Template) -> Iterator[Refusal]:
    parameters = _parameters(components, "body")
    if len(parameters) != template.body_parameters:
        yield _count("body", len(parameters), template.body_parameters)
    given = {parameter.get("parameter_name") for parameter in parameters}
    if template.names and given != set(template.names):
        yield Refusal(132012, "body: parameter names do not match the template")
    for parameter in parameters:
        if parameter.get("type") == "text":
            yield from _text_parameter(parameter.get("text"))


def _text_parameter(text: object) -> Iterator[Refusal]:
    if not isinstance(text, str) or not text:
        yield Refusal(131008, "Parameter of type text is missing text value")
    elif _FORBIDDEN_IN_PARAMETER.search(text):
        yield Refusal(100, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")


def _header(components: list[JsonObject], template: Template) -> Iterator[Refusal]:
    parameters = _parameters(components, "header")
    wanted = template.header_parameters if template.header in {None, "text"} else 1
    if len(parameters) != wanted:
        yield _count("header", len(parameters), wanted)
    for parameter in parameters:
        if parameter.get("type") != template.header:
            yield Refusal(
                132012,
                f"header: Format mismatch, expected {template.header}, received {parameter.get('type')}",
            )


# --- the list of templates (GET /{WABA-ID}/message_templates)

_FIELDS = (
    "id", "name", "language", "status", "category", "quality_score", "rejected_reason", "parameter_format",
    "components",
)  # fmt: skip
_DEFAULT_FIELDS = frozenset(
    {"id", "name", "language", "status", "category", "components", "parameter_format"}
)
PAGE_DEFAULT, PAGE_MAX = 25, 1_000


def list_templates(templates: Templates, query: Mapping[str, str], url: str) -> JsonObject | Refusal:
    """A page of the account's templates, one entry per language; `url`: of this list, for `paging.next`."""
    asked = frozenset(query["fields"].split(",")) if "fields" in query else _DEFAULT_FIELDS
    for name in sorted(asked - set(_FIELDS)):
        return Refusal(100, message=f"(#100) Tried accessing nonexisting field ({name})")
    limit, after = query.get("limit", str(PAGE_DEFAULT)), query.get("after", "")
    if not limit.isdecimal() or not 1 <= int(limit) <= PAGE_MAX:
        return Refusal(100, message="(#100) Param limit must be a number from 1 to 1000")
    cursors = {
        _cursor(place): place + 1 for place in range(sum(len(one.languages) for one in templates.values()))
    }
    if after and after not in cursors:
        return Refusal(100, message="(#100) Invalid cursor")
    whole = [
        _listed(name, language, template)
        for name, template in templates.items()
        for language in sorted(template.languages)
    ]
    first = cursors.get(after, 0)
    shown = whole[first : first + int(limit)]
    last = first + len(shown) - 1
    answer: JsonObject = {"data": [{key: one[key] for key in _FIELDS if key in asked} for one in shown]}
    if shown:
        paging: JsonObject = {"cursors": {"before": _cursor(first), "after": _cursor(last)}}
        if last + 1 < len(whole):
            paging["next"] = f"{url}?{urlencode({**query, 'after': _cursor(last)})}"
        answer["paging"] = paging
    return answer


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"t{place}".encode()).decode()


def _listed(name: str, language: str, template: Template) -> JsonObject:
    places = template.names or tuple(str(number + 1) for number in range(template.body_parameters))
    made = " ".join([name.replace("_", " "), *("{{" + place + "}}" for place in places)])
    components: list[JsonObject] = [{"type": "BODY", "text": template.text or made}]
    if template.header:
        components.insert(0, {"type": "HEADER", "format": template.header.upper()})
    if template.button_parameters:
        button = {"type": "URL", "text": "Open", "url": "https://example.org/{{1}}"}
        components.append({"type": "BUTTONS", "buttons": [button] * template.button_parameters})
    return {
        "id": str(int.from_bytes(hashlib.blake2b(f"{name}:{language}".encode(), digest_size=6).digest())),
        "name": name,
        "language": language,
        "status": template.state.upper(),
        "category": template.category.upper(),
        "quality_score": {"score": template.quality, "date": 1795000000},
        "rejected_reason": template.reason,
        "parameter_format": "NAMED" if template.names else "POSITIONAL",
        "components": components,
    }
