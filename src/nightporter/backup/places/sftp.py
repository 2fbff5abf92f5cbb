"""A folder on a server with SSH: `sftp://user@host:port/path`, by OpenSSH's own `sftp` in batch mode.

Keys, known hosts, jumps and the like are those of the user's `~/.ssh/config`; `?config=FILE` names another one. The
path is that of the server's root; `/~/path` is one of the user's own folder.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from nightporter.backup.places.place import Told, shown, source_of
from nightporter.backup.shelf import MEDIA
from nightporter.errors import NotFound, PlaceUnreachable, SettingError

CONNECT_SECONDS = 15
ALIVE_SECONDS = 15  # a line that says nothing so long, four times over, is given up
ALIVE_TIMES = 4
RUN_SECONDS = 12 * 3_600.0
DROPPED_AT_ONCE = 200
HOME = "/~/"
_LISTED = re.compile(r"^-\S+\s+\S+\s+\S+\s+\S+\s+(\d+)\s.*\s(\S+)$")
_GONE = re.compile(r"no such file|not found", re.IGNORECASE)


class SftpPlace:
    """Each method is one run of `sftp`, so nothing stays open between two snapshots."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.password or not parts.hostname:
            raise SettingError(
                f"BACKUP_URLS has {shown(url)} with a password or without a host",
                "allowed: sftp://user@host/path with a key in ~/.ssh",
            )
        self.kind = source_of(url)
        self.shown = shown(url)
        self._folder = unquote(parts.path).rstrip("/") or "."
        if self._folder.startswith(HOME):
            self._folder = self._folder.removeprefix(HOME) or "."
        self._command = _command(
            parts.hostname, parts.username, parts.port, parse_qs(parts.query).get("config")
        )

    def names(self) -> dict[str, int]:
        """Every file that is whole there, with its size."""
        said = self._run([f"-ls -ln {_quoted(self._folder)}", f"-ls -ln {_quoted(self._path(MEDIA))}"])
        found: dict[str, int] = {}
        for line in said.splitlines():
            if match := _LISTED.match(line):
                path = match[2].removeprefix("./")
                name = Path(path).name
                inside = Path(path).parent.name == MEDIA
                found[f"{MEDIA}/{name}" if inside else name] = int(match[1])
        self._partial = {name: size for name, size in found.items() if name.endswith(".part")}
        return {name: size for name, size in found.items() if name not in self._partial}

    def put(self, path: Path, name: str, told: Told) -> None:
        """Send a file, from where an earlier try ended."""
        self.names()
        there = self._partial.get(f"{name}.part", 0)
        size, remote = path.stat().st_size, self._path(f"{name}.part")
        verb = "reput" if 0 < there < size else "put"
        send = [] if there == size > 0 else [f"{verb} {_quoted(str(path))} {_quoted(remote)}"]
        told(min(there, size))
        self._run([*self._making(), *send, f"rename {_quoted(remote)} {_quoted(self._path(name))}"])
        told(size)

    def get(self, name: str, path: Path, told: Told) -> None:
        """Fetch a file."""
        partial = path.with_name(path.name + ".part")
        partial.unlink(missing_ok=True)
        try:
            self._run([f"get {_quoted(self._path(name))} {_quoted(str(partial))}"])
        except PlaceUnreachable as error:
            if _GONE.search(error.what):
                raise NotFound(
                    f"{self.shown} has no {name}", "see nightporter backups --source vps"
                ) from error
            raise
        partial.rename(path)
        told(path.stat().st_size)

    def drop(self, names: Iterable[str]) -> None:
        """Delete files."""
        lines = [f"-rm {_quoted(self._path(name))}" for name in names]
        for begin in range(0, len(lines), DROPPED_AT_ONCE):
            self._run(lines[begin : begin + DROPPED_AT_ONCE])

    def _path(self, name: str) -> str:
        return f"{self._folder}/{name}"

    def _making(self) -> list[str]:
        """Each folder of the path; those that are there answer with a failure that does not count."""
        parts = self._folder.strip("/").split("/")
        root = "/" if self._folder.startswith("/") else ""
        folders = [root + "/".join(parts[: at + 1]) for at in range(len(parts))]
        return [f"-mkdir {_quoted(path)}" for path in [*folders, self._path(MEDIA)]]

    def _run(self, lines: Sequence[str]) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - our own arguments; the address is a setting
                self._command,
                input="\n".join(lines) + "\n",
                capture_output=True,
                text=True,
                errors="replace",
                timeout=RUN_SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            raise PlaceUnreachable("there is no sftp program here", "install openssh-client") from error
        except subprocess.TimeoutExpired as error:
            raise PlaceUnreachable(f"{self.shown} is too slow", "look at the line") from error
        if done.returncode != 0:
            said = " ".join(done.stderr.split())[-300:]
            raise PlaceUnreachable(
                f"{self.shown} cannot be used ({said})", "try `sftp` to it by hand, as the user of the node"
            )
        return done.stdout


def _command(host: str, user: str | None, port: int | None, config: list[str] | None) -> list[str]:
    options = {
        "BatchMode": "yes",
        "ConnectTimeout": str(CONNECT_SECONDS),
        "ServerAliveInterval": str(ALIVE_SECONDS),
        "ServerAliveCountMax": str(ALIVE_TIMES),
    }
    command = ["sftp", "-q", *(["-F", config[0]] if config else []), *(["-P", str(port)] if port else [])]
    for name, value in options.items():
        command += ["-o", f"{name}={value}"]
    return [*command, "-b", "-", f"{user}@{host}" if user else host]


def _quoted(path: str) -> str:
    """A path as one word of a batch, taken as it is: no pattern, no option."""
    escaped = re.sub(r'([\\"*?\[\]])', r"\\\1", path)
    return f'"{escaped}"'
