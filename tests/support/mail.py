"""A real SMTP server on loopback that keeps what it is given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP


@dataclass
class Post:
    """What came."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list[EmailMessage])
    to: list[str] = field(default_factory=list[str])

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's word
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        self.to += envelope.rcpt_tos
        return "250 OK"

    @property
    def url(self) -> str:
        """As ALERT_URLS has it."""
        return f"mailto://127.0.0.1:{self.port}?from=porter@hotel.example&to=desk@hotel.example&mode=insecure"

    def text(self) -> str:
        """The words of the last letter."""
        body = self.letters[-1].get_body(("plain", "html"))
        assert body is not None
        return str(body.get_content())


@asynccontextmanager
async def post_office() -> AsyncGenerator[Post]:
    """Listen on a free port."""
    post = Post()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(post, hostname="mail.hotel.example"), "127.0.0.1", 0
    )
    post.port = server.sockets[0].getsockname()[1]
    try:
        yield post
    finally:
        server.close()
        await server.wait_closed()
