"""A folder on another disk of this machine: `file:///path`, for example a mounted network drive."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from nightporter.backup.packing import CHUNK_BYTES, new_file
from nightporter.backup.places.place import Told, source_of
from nightporter.backup.shelf import MEDIA, sync_folder
from nightporter.errors import NotFound, PlaceUnreachable


class FolderPlace:
    """Files beside each other, written under another name first."""

    def __init__(self, url: str) -> None:
        self.kind = source_of(url)
        self.shown = url
        self._folder = Path(unquote(urlsplit(url).path))

    def names(self) -> dict[str, int]:
        """Every file that is whole there, with its size."""
        try:
            self._make()
            found = [*self._folder.iterdir(), *(self._folder / MEDIA).iterdir()]
            return {
                path.relative_to(self._folder).as_posix(): path.stat().st_size
                for path in found
                if path.is_file() and path.suffix != ".part"
            }
        except OSError as error:
            raise self._refused(error) from error

    def put(self, path: Path, name: str, told: Told) -> None:
        """Copy a file there."""
        target, done = self._folder / name, 0
        try:
            self._make()
            with path.open("rb") as file, new_file(target) as out:
                while data := file.read(CHUNK_BYTES):
                    out.write(data)
                    done += len(data)
                    told(done)
            sync_folder(target.parent)
        except OSError as error:
            raise self._refused(error) from error

    def get(self, name: str, path: Path, told: Told) -> None:
        """Copy a file from there."""
        done = 0
        try:
            with (self._folder / name).open("rb") as file, new_file(path) as out:
                while data := file.read(CHUNK_BYTES):
                    out.write(data)
                    done += len(data)
                    told(done)
        except FileNotFoundError as error:
            raise NotFound(f"{self.shown} has no {name}", "see nightporter backups --source file") from error
        except OSError as error:
            raise self._refused(error) from error

    def drop(self, names: Iterable[str]) -> None:
        """Delete files."""
        try:
            for name in names:
                (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise self._refused(error) from error

    def _make(self) -> None:
        """The folder itself must be there: an unmounted drive must not fill the disk below it."""
        if not self._folder.is_dir():
            raise FileNotFoundError(2, "no such folder", str(self._folder))
        (self._folder / MEDIA).mkdir(exist_ok=True)

    def _refused(self, error: OSError) -> PlaceUnreachable:
        return PlaceUnreachable(
            f"{self.shown} cannot be used ({error.strerror})", "mount it, make the folder, or free its disk"
        )
