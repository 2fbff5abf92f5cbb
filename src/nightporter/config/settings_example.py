"""The example of a `.env`, made from the table of settings: `.env.hybrid.example` is this text, a test holds it."""

from __future__ import annotations

from nightporter.config.settings_table import SETTINGS, Setting

_HEAD = """\
# Every setting as a variable. Copy to .env and take the # away where a value differs from the default.
# The same settings go into nightporter.toml as `key = value` under their [section]; the environment beats both files.
"""
TITLES = {
    "node": "This node",
    "whatsapp": "WhatsApp Cloud API: id, token and secret together, or none of them",
    "spoki": "Spoki: key and secret together, or none of them",
    "send": "Sending",
    "store": "Keeping",
    "retention": "How long what is kept: messages, guests and how each message ended stay",
    "backup": "Backups",
    "limits": "Limits of the gateway",
    "mesh.routes": "Events of other systems",
    "alerts": "Telling people (docs/how-to/be-told.md)",
    "trigger.secret_key": "Accepted, and not used by this release yet",
}


def example() -> str:
    """The whole file."""
    lines, titles = [_HEAD], dict(TITLES)
    for setting in SETTINGS:
        section = setting.key.partition(".")[0]
        title = titles.pop(setting.key, "") or titles.pop(section, "")
        if title:
            lines.append(f"\n# --- {title}\n")
        lines.append(f"# {setting.meaning} ({setting.key}; allowed: {setting.read.allowed})\n")
        lines.append(f"#{setting.env}={_default(setting)}\n")
    return "".join(lines)


def _default(setting: Setting) -> str:
    if setting.shown_default or setting.default is None:
        return ""
    if isinstance(setting.default, tuple):
        return ",".join(map(str, setting.default))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    return str(setting.default).lower() if isinstance(setting.default, bool) else str(setting.default)
