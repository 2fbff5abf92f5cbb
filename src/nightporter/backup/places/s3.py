"""A bucket: `s3://bucket/prefix?endpoint=https://...&region=...` (Amazon S3, Cloudflare R2, MinIO and the like).

The key stands in the address (`s3://KEY:SECRET@bucket/...`), or in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs, unquote, urlsplit

from nightporter.backup.packing import new_file
from nightporter.backup.places.place import Told, shown, source_of
from nightporter.config.settings_values import is_loopback
from nightporter.errors import NotFound, PlaceUnreachable, SettingError

PART_BYTES = 8 * 1024 * 1024
PARTS_AT_ONCE = 2  # a hotel's line has more to do
REQUEST_SECONDS = 120
RETRIES_MAX = 4
RETRY_SECONDS = 180
REGION = "us-east-1"  # what a server without regions takes; R2 says `auto`


class S3Place:
    """The store of obstore, under one prefix."""

    def __init__(self, url: str) -> None:
        self.kind = source_of(url)
        self.shown = shown(url)
        self._store = _store(url)

    def names(self) -> dict[str, int]:
        """Every object there, with its size."""
        import obstore

        with self._asked():
            return {each["path"]: each["size"] for batch in obstore.list(self._store) for each in batch}

    def put(self, path: Path, name: str, told: Told) -> None:
        """Send a file; an object appears only when it is whole."""
        import obstore

        with path.open("rb") as file, self._asked():
            obstore.put(
                self._store, name, _counted(file, told), chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE
            )

    def get(self, name: str, path: Path, told: Told) -> None:
        """Fetch an object."""
        import obstore

        done = 0
        with self._asked(name), new_file(path) as out:
            for chunk in obstore.get(self._store, name).stream():
                out.write(chunk)
                done += len(chunk)
                told(done)

    def drop(self, names: Iterable[str]) -> None:
        """Delete objects."""
        import obstore

        with self._asked():
            for name in names:
                obstore.delete(self._store, name)

    @contextmanager
    def _asked(self, name: str = "") -> Generator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError as error:
            if name:
                raise NotFound(
                    f"{self.shown} has no {name}", "see nightporter backups --source s3"
                ) from error
            raise self._refused(error) from error
        except BaseError as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> PlaceUnreachable:
        said = " ".join(str(error).split())[:200]
        return PlaceUnreachable(
            f"{self.shown} cannot be used ({said})", "look at its address, key and rights"
        )


def _counted(file: IO[bytes], told: Told) -> Any:
    """The file, telling how far it was read."""

    class Counted:
        def read(self, size: int = -1) -> bytes:
            data = file.read(size)
            told(file.tell())
            return data

        def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
            return file.seek(offset, whence)

        def tell(self) -> int:
            return file.tell()

    return Counted()


def _store(url: str) -> Any:
    from obstore.store import S3Store

    parts = urlsplit(url)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    endpoint = asked.pop("endpoint", None)
    region = asked.pop("region", None) or os.environ.get("AWS_REGION") or REGION
    if asked or not parts.hostname:
        raise SettingError(
            f"BACKUP_URLS has {shown(url)} with {', '.join(asked) or 'no bucket'}",
            "allowed: s3://bucket/prefix?endpoint=https://...&region=...",
        )
    plain = endpoint is not None and urlsplit(endpoint).scheme == "http"
    if plain and not is_loopback(urlsplit(endpoint or "").hostname or ""):
        raise SettingError(
            f"BACKUP_URLS has {shown(url)} over http", "allowed: https; http only to this machine"
        )
    given: dict[str, Any] = {}
    if parts.username and parts.password:
        given = {"access_key_id": unquote(parts.username), "secret_access_key": unquote(parts.password)}
    if endpoint:
        given["endpoint"] = endpoint
    return S3Store(
        parts.netloc.rpartition("@")[2],
        prefix=unquote(parts.path).strip("/") or None,
        region=region,
        virtual_hosted_style_request=False,
        client_options={"allow_http": plain, "timeout": timedelta(seconds=REQUEST_SECONDS)},
        retry_config={"max_retries": RETRIES_MAX, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
        **given,
    )
