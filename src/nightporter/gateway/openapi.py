"""The OpenAPI 3.1 document of the gateway, made from the table of operations, so that it says what is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import nightporter
from nightporter.gateway.application import OPERATIONS
from nightporter.gateway.problem import STATUS, Code
from nightporter.gateway.routes import Operation, Told
from nightporter.gateway.shapes import NUMBER, TEXT, shape, words
from nightporter.gateway.webhooks import HANDSHAKES, ROUTES
from nightporter.model.message import JSONObject

KEY = "key"
PROBLEM_TYPE = "application/problem+json"
_KEYED = (Code.KEY_MISSING, Code.KEY_UNKNOWN, Code.SCOPE_MISSING, Code.TOO_MANY)
_QUERIED = (Code.INVALID,)
_WRITTEN = (Code.NOT_JSON, Code.INVALID, Code.BODY_TOO_LARGE, Code.BODY_TOO_SLOW, Code.NOT_NOW)
_WEBHOOK = (
    Code.NOT_SIGNED, Code.NO_CHANNEL, Code.TOO_MANY, Code.BODY_TOO_LARGE, Code.BODY_TOO_SLOW, Code.NOT_NOW,
)  # fmt: skip
_SIGNED_BY = {"whatsapp": "X-Hub-Signature-256", "spoki": "X-Spoki-Signature"}
_LIMIT_HEADERS = {
    "RateLimit": {"description": "What is left, and for how long", "schema": TEXT},
    "RateLimit-Policy": {"description": "The limit", "schema": TEXT},
}
_RETRY = {"Retry-After": {"description": "Seconds to wait", "schema": TEXT}}
_WAITING = frozenset({429, 503})
_NOT_GIVEN: JSONObject = {"const": "", "description": "an empty value counts as not given"}


def openapi() -> JSONObject:
    """The document, as a value for JSON."""
    paths: dict[str, JSONObject] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    for path, channel in ROUTES.items():
        paths[path] = _webhook(channel)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Nightporter's gateway",
            "version": nightporter.__version__,
            "description": "What other systems may ask of a node. Errors are problem documents (RFC 9457).",
        },
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM},
            "securitySchemes": {KEY: {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
        },
    }


_PROBLEM: JSONObject = {
    **shape(type=TEXT, title=TEXT, status=NUMBER, detail=TEXT, code=words(*Code)),
    "additionalProperties": True,
}


def _operation(operation: Operation) -> JSONObject:
    codes = [*operation.problems]
    headers = {}
    if operation.scope is not None:
        codes += _KEYED
        headers = _LIMIT_HEADERS
    codes += _WRITTEN if operation.body is not None else _QUERIED
    document: JSONObject = {
        "operationId": f"{operation.method.lower()}{operation.path}",
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": {**_problems(codes), **_answers(operation.answers, headers)},
    }
    if operation.scope is not None:
        document["security"] = [{KEY: []}]
        document["description"] = f"Needs a key with the scope `{operation.scope}`."
    if operation.body is not None:
        content = {"application/json": {"schema": operation.body.schema}}
        document["requestBody"] = {"required": True, "content": content}
    return document


def _parameters(operation: Operation) -> list[JSONObject]:
    in_path = [
        {"name": segment[1:-1], "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for segment in operation.segments()
        if segment.startswith("{")
    ]
    in_query = [
        {"name": name, "in": "query", "required": False, "schema": {"anyOf": [field.schema, _NOT_GIVEN]}}
        for name, field in operation.query.items()
    ]
    return in_path + in_query


def _answers(answers: Mapping[int, Told], headers: JSONObject) -> JSONObject:
    return {
        str(status): {
            "description": told.what,
            "headers": headers,
            "content": {told.media_type: {"schema": told.schema}},
        }
        for status, told in answers.items()
    }


def _problems(codes: Iterable[Code]) -> JSONObject:
    by_status: dict[int, list[Code]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(STATUS[code], []).append(code)
    return {
        str(status): {
            "description": ", ".join(alike),
            "headers": _RETRY if status in _WAITING else {},
            "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, alike in sorted(by_status.items())
    }


def _webhook(channel: str) -> JSONObject:
    signature = {"name": _SIGNED_BY[channel], "in": "header", "required": True, "schema": TEXT}
    methods: JSONObject = {
        "post": {
            "operationId": f"post/webhooks/{channel}",
            "summary": "What the provider tells: signed over the raw bytes, on disk before 200.",
            "parameters": [signature],
            "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
            "responses": {**_problems(_WEBHOOK), "200": {"description": "kept"}},
        }
    }
    if channel in HANDSHAKES:
        names = ("hub.mode", "hub.verify_token", "hub.challenge")
        methods["get"] = {
            "operationId": f"get/webhooks/{channel}",
            "summary": "The provider's subscription request.",
            "parameters": [
                {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
                for name in names
            ],
            "responses": {
                **_problems((Code.NO_CHANNEL, Code.WRONG_TOKEN, Code.TOO_MANY)),
                "200": {"description": "the challenge", "content": {"text/plain": {"schema": TEXT}}},
            },
        }
    return methods
