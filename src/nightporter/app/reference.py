"""The API's own description beside the staff's pages: `/docs` for people, `/openapi.json` for programs."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from nightporter.console.application import StrictHeaders
from nightporter.gateway.openapi import openapi

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><link rel="stylesheet" href="/static/console.css"><main><h1>{title}</h1>
<p>{about}</p><p><a href="/openapi.json">openapi.json</a> (OpenAPI {version})</p><table>{rows}</table></main></html>"""
ROW = "<tr><td><code>{method}</code></td><td><code>{path}</code></td><td>{summary}</td></tr>"


@cache
def _page() -> str:
    document: dict[str, Any] = openapi()
    rows = [
        ROW.format(
            method=method.upper(), path=escape(path), summary=escape(str(operation.get("summary", "")))
        )
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    about = document["info"]
    return PAGE.format(
        title=escape(about["title"]),
        about=escape(about.get("description", "")),
        version=escape(document["openapi"]),
        rows="".join(rows),
    )


async def _docs(_: Request) -> Response:
    return HTMLResponse(_page())


async def _document(_: Request) -> Response:
    return Response(orjson.dumps(openapi()), media_type="application/json")


def documented(pages: ASGIApp) -> ASGIApp:
    """The staff's pages with the description of the API beside them."""
    return Starlette(
        routes=[Route("/docs", _docs), Route("/openapi.json", _document), Mount("/", pages)],
        middleware=[Middleware(StrictHeaders)],
    )
