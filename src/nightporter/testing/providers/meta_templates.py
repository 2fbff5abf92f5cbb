"""The account's message templates, and the checks of a send against them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

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
    """`approved`, `paused` (132015) or `disabled` (132016)."""
    names: tuple[str, ...] = field(default=())
    """Names of the body's parameters, if they are named."""


Templates = dict[str, Template]
DEMO_TEMPLATES: Templates = {
    "hello_world": Template(languages=frozenset({"en_US", "en"})),
    "stay_message": Template(body_parameters=1),
    "flight_delay": Template(body_parameters=2),
}
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
    if template is None or code not in template.languages:
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
