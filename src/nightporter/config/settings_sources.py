"""Where settings come from: the file, `.env`, the environment. What is in none of our tables is refused by name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from nightporter.config.settings_table import SETTINGS, Setting
from nightporter.errors import SettingError

CONFIG_FILE = "nightporter.toml"
DOTENV_FILE = ".env"
ENVIRONMENT = "environment"
FILE_BYTES_MAX = 1024 * 1024

OUR_PREFIXES = ("NIGHTPORTER_", "WHATSAPP_", "SPOKI_")  # an unknown name with one of these is a typing error
OF_OTHERS = frozenset({"NIGHTPORTER_CI"})  # tells the tests that they run in CI
SHARED_FILE = re.compile(r"COMPOSE_.*|TUNNEL_.*|.*_API_KEY|TZ|PYTHON.*")  # others read our .env too

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """A value as it stands in its source."""

    name: str  # as it is written there
    source: str  # nightporter.toml | .env | environment
    raw: object


def gather(config: Path | None, environ: Mapping[str, str], folder: Path) -> dict[str, Found]:
    """What was set, by key. Environment beats `.env` beats the file; an empty variable is not set."""
    found = _from_file(config, folder)
    found.update(_from_names(read_dotenv(folder / DOTENV_FILE), DOTENV_FILE, strict=True))
    found.update(_from_names(environ, ENVIRONMENT, strict=False))
    return found


def _from_file(config: Path | None, folder: Path) -> dict[str, Found]:
    path = config or folder / CONFIG_FILE
    text = _read(path, must_exist=config is not None)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingError(
            f"{path} is not TOML: {error}", "allowed: [section] and key = value lines"
        ) from None
    known = {setting.key for setting in SETTINGS}
    sections = {key.partition(".")[0] for key in known}
    found: dict[str, Found] = {}
    for section, table in tables.items():
        if section not in sections or not isinstance(table, dict):
            raise _unknown(section, path.name, sorted(sections))
        for key, raw in cast("dict[str, Any]", table).items():
            name = f"{section}.{key}"
            if name not in known:
                raise _unknown(name, path.name, sorted(one for one in known if one.startswith(f"{section}.")))
            found[name] = Found(name, path.name, raw)
    return found


def _read(path: Path, *, must_exist: bool) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        if must_exist:
            raise SettingError(
                f"{path} does not exist", "allowed: a file with settings after --config"
            ) from None
        return ""
    except OSError as error:
        raise SettingError(f"{path} cannot be read ({error.strerror})", "give this user the file") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or len(data) > FILE_BYTES_MAX:
        raise SettingError(
            f"{path} is no settings file", f"allowed: UTF-8 text of at most {FILE_BYTES_MAX} bytes"
        )
    return text


def _from_names(names: Mapping[str, str], source: str, *, strict: bool) -> dict[str, Found]:
    known = _by_name()
    found: dict[str, Found] = {}
    for name, raw in names.items():
        setting = known.get(name)
        if setting is None:
            _refuse_unknown(name, source, strict=strict)
            continue
        if not raw.strip():
            continue
        before = found.get(setting.key)
        if before is not None and before.raw != raw:
            raise SettingError(
                f"{name} and {before.name} ({source}) have different values",
                "set one of them: they are the same",
            )
        found[setting.key] = Found(name, source, raw.strip())
    return found


def _by_name() -> dict[str, Setting]:
    return {name: setting for setting in SETTINGS for name in (setting.short, setting.long) if name}


def _refuse_unknown(name: str, source: str, *, strict: bool) -> None:
    if name in OF_OTHERS:
        return
    if name.startswith(OUR_PREFIXES) or (strict and not SHARED_FILE.fullmatch(name)):
        raise _unknown(name, source, sorted(_by_name()))


def _unknown(name: str, source: str, known: list[str]) -> SettingError:
    import difflib

    close = difflib.get_close_matches(name, known, 3, 0.6)
    advice = f"did you mean {' or '.join(close)}?" if close else f"known here: {', '.join(known[:12])}"
    return SettingError(f"{name} ({source}) is no setting", advice)


def read_dotenv(path: Path) -> dict[str, str]:
    """`NAME=value` lines; `#` comments, `export`, quotes around the value are understood. No file: empty."""
    found: dict[str, str] = {}
    for number, line in enumerate(_read(path, must_exist=False).splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        if match is None:
            raise SettingError(f"{path.name} line {number} is no setting", "allowed: NAME=value")
        found[match[1]] = _unquoted(match[2])
    return found


def _unquoted(text: str) -> str:
    for quote in ("'", '"'):
        if text.startswith(quote):
            inside, closed, _ = text[1:].partition(quote)
            return inside if closed else text
    return text.split(" #", 1)[0].strip()
