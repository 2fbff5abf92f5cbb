"""The OpenAPI document: it is valid, whole, and the running node does what it says."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest
from tests.support.node import API_KEY, RunningNode, on_node

from nightporter.gateway.application import OPERATIONS
from nightporter.gateway.openapi import openapi
from nightporter.gateway.system import SCHEMAS
from nightporter.gateway.webhooks import ROUTES

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = 25
SECONDS = 240


def test_every_route_stands_in_the_document() -> None:
    document = openapi()
    assert document["openapi"] == "3.1.0"
    told = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert told >= {(operation.method.lower(), operation.path) for operation in OPERATIONS}
    assert told >= {("post", path) for path in ROUTES}
    assert json.loads(json.dumps(document)) == document
    names = [each["operationId"] for methods in document["paths"].values() for each in methods.values()]
    assert len(set(names)) == len(names)
    assert all(schema["title"] == kind for kind, schema in SCHEMAS.items())


@pytest.mark.ci
@pytest.mark.timeout(SECONDS + 30)
def test_the_node_does_what_the_document_says(tmp_path: Path) -> None:
    """Schemathesis with all its checks, over real HTTP."""
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(openapi()), "utf-8")

    async def story(node: RunningNode) -> None:
        arguments = [
            f"--config-file={CONFIG}", "run", str(document), f"--url={node.url}", f"--header=X-API-Key: {API_KEY}",
            f"--max-examples={EXAMPLES}", "--checks=all", "--seed=4711", "--no-color", "--output-sanitize=false",
        ]  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")),
            *arguments,
            cwd=tmp_path,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(SECONDS):
            output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
        assert f"Tested: {len(openapi_operations())}" in output.decode()

    on_node(tmp_path / "data", story)


def openapi_operations() -> list[str]:
    return [f"{method} {path}" for path, methods in openapi()["paths"].items() for method in methods]
