"""Downloads a guest's file: only from hosts we trust, never more than its kind may have."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

from nightporter.channels.clean import name_of, number_of
from nightporter.channels.outcome import Fetched, FetchFailed, FetchFailure
from nightporter.channels.wire import Lost, NotSent, Response, Sink, Wire
from nightporter.model.message import MessageKind

BYTES_MAX: dict[MessageKind, int] = {  # Meta's own limits
    MessageKind.IMAGE: 5 << 20,
    MessageKind.AUDIO: 16 << 20,
    MessageKind.VOICE: 16 << 20,
    MessageKind.VIDEO: 16 << 20,
    MessageKind.STICKER: 512_000,
}
OTHER_BYTES_MAX = 100 << 20  # documents, and kinds we do not know
REDIRECTS_MAX = 3

_GONE = (404, 410)
_REFUSED = (401, 403)


def bytes_max(kind: MessageKind) -> int:
    """How large a file of this kind may be."""
    return BYTES_MAX.get(kind, OTHER_BYTES_MAX)


def loopback(host: str) -> bool:
    """True for this machine itself: where the fakes live."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_of(url: str) -> str:
    """Host name of an address with a scheme we speak and no user in it; '' otherwise."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.scheme in ("http", "https") and "@" not in parts.netloc else ""
    except ValueError:
        return ""


def encrypted(url: str) -> bool:
    """True when what we send there cannot be read on the way."""
    return url.startswith("https://") or loopback(host_of(url))


def public(host: str) -> bool:
    """False for addresses of private networks and single-word names: a webhook must not lead us there."""
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost"))


class _Tally:
    """Counts and hashes what passes to the sink."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    def take(self, piece: bytes) -> None:
        self._hash.update(piece)
        self.size_bytes += len(piece)
        self._sink(piece)

    def digest(self) -> bytes:
        return self._hash.digest()


async def download(
    wire: Wire,
    url: str,
    headers: Mapping[str, str],
    trusted: Callable[[str], bool],
    kind: MessageKind,
    sink: Sink,
    timeout_seconds: float,
    stated_sha256: str = "",
) -> Fetched | FetchFailed:
    """GETs a file into `sink`. `trusted` decides on each address, redirects too, whether the headers may go there."""
    tally = _Tally(sink)
    for _ in range(REDIRECTS_MAX + 1):
        if not trusted(url):
            return FetchFailed(FetchFailure.FORBIDDEN_HOST, host_of(url))
        answer = await wire.request(
            "GET",
            url,
            headers,
            timeout_seconds=timeout_seconds,
            sink=tally.take,
            answer_bytes_max=bytes_max(kind),
        )
        if isinstance(answer, Response) and 300 <= answer.status < 400 and "location" in answer.headers:
            url = urljoin(url, answer.headers["location"])
            continue
        break
    else:
        return FetchFailed(FetchFailure.AGAIN, "redirects")
    if isinstance(answer, Response) and answer.status == 200:
        matches = not stated_sha256 or same_hash(stated_sha256, tally.digest())
        mime_type = name_of(answer.headers.get("content-type"))
        return Fetched(tally.size_bytes, mime_type, tally.digest().hex(), matches)
    return fetch_failed(answer)


def fetch_failed(answer: Response | NotSent | Lost) -> FetchFailed:
    """Why an answer brought no file."""
    if isinstance(answer, NotSent | Lost):
        over = answer.reason == "too_large"
        return FetchFailed(FetchFailure.TOO_LARGE if over else FetchFailure.AGAIN, answer.reason)
    details = f"http_{answer.status}"
    if answer.status in _GONE:
        return FetchFailed(FetchFailure.GONE, details)
    if answer.status in _REFUSED:
        return FetchFailed(FetchFailure.REFUSED, details)
    return FetchFailed(FetchFailure.AGAIN, details, number_of(answer.headers.get("retry-after")))


def same_hash(stated: str, digest: bytes) -> bool:
    """True when a hash stated as hex or base64 (Meta uses both) is the digest."""
    return stated.lower() == digest.hex() or stated.rstrip("=") == base64.b64encode(digest).decode().rstrip(
        "="
    )
