"""Addresses: who really asks, seen through the tunnel connector, as one name for limits."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from nightporter.config.settings_values import Network

FORWARDED = b"cf-connecting-ip"
UNKNOWN = "unknown"
IPV6_PREFIX_BITS = 64  # one line at home has all of them
PROXIES_CACHED = 1_024


class Callers:
    """Names callers by address; `CF-Connecting-IP` counts only when a trusted proxy says it."""

    def __init__(self, trusted: tuple[Network, ...]) -> None:
        @lru_cache(PROXIES_CACHED)
        def is_trusted(host: str) -> bool:
            try:
                address = _plain(host)
            except ValueError:
                return False
            return any(address in network for network in trusted)

        self._is_trusted = is_trusted

    def name(self, client: tuple[str, int] | None, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The caller's address, an IPv6 one as its /64."""
        if client is None:
            return UNKNOWN
        if self._is_trusted(client[0]):
            told = next((value for name, value in headers if name == FORWARDED), None)
            if told is not None:
                return _grouped(told.decode("latin-1").strip())
        return _grouped(client[0])


def _plain(host: str) -> IPv4Address | IPv6Address:
    address = ip_address(host)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _grouped(host: str) -> str:
    try:
        address = _plain(host)
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), IPV6_PREFIX_BITS), strict=False))
    return str(address)
