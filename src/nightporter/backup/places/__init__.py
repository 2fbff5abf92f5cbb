"""Places: where snapshots are kept besides the data folder. One port, a module for each kind.

Their functions block: they run in a process of their own, or in a command.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from nightporter.backup.places.place import Place
from nightporter.errors import SettingError


def place_of(url: str) -> Place:
    """The place of an address. Raises `SettingError`."""
    scheme = urlsplit(url).scheme
    if scheme == "file":
        from nightporter.backup.places.folder import FolderPlace

        return FolderPlace(url)
    if scheme == "sftp":
        from nightporter.backup.places.sftp import SftpPlace

        return SftpPlace(url)
    if scheme == "s3":
        from nightporter.backup.places.s3 import S3Place

        return S3Place(url)
    raise SettingError(f"BACKUP_URLS has an address with {scheme}", "allowed: sftp://, s3:// or file://")


__all__ = ["Place", "place_of"]
