"""Settings: the contract's names and defaults, what beats what, and every refusal in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightporter.config.settings import Settings, load
from nightporter.config.settings_example import TITLES, example
from nightporter.config.settings_sources import read_dotenv
from nightporter.config.settings_table import SETTINGS
from nightporter.config.settings_values import Address
from nightporter.errors import SettingError

REPOSITORY = Path(__file__).resolve().parent.parent.parent

# docs/settings and black-box checks rely on these names.
CONTRACT = """
NIGHTPORTER_DATA_DIR NIGHTPORTER_NODE NIGHTPORTER_GATEWAY NIGHTPORTER_CONSOLE NIGHTPORTER_LOG WORKER_CONCURRENCY
HOTEL_FILE MESH_API_KEY CONSOLE_PASSWORD WHATSAPP_PHONE_NUMBER_ID WHATSAPP_ACCESS_TOKEN WHATSAPP_APP_SECRET
WHATSAPP_VERIFY_TOKEN WHATSAPP_API_URL WHATSAPP_MESSAGES_PER_SECOND SPOKI_API_KEY SPOKI_WEBHOOK_SECRET SPOKI_API_URL
SEND_TIMEOUT_SECONDS SEND_SETTLE_SECONDS TRIGGER_SECRET_KEY TRIGGER_API_URL TRIGGER_WEBHOOK_SECRET REDIS_URL
FLIGHTAWARE_API_KEY FLIGHTAWARE_API_URL FLIGHTAWARE_WEBHOOK_SECRET IMAP_URL SLACK_WEBHOOK_URL PAGERDUTY_ROUTING_KEY
ALERT_URLS LLM_MODEL LLM_BASE_URL TRANSLATE_URL PEER_URL PEER_SECRET REPLICATION LEASE_URL LEASE_TTL_SECONDS
LEASE_RENEW_SECONDS BACKUP_URLS BACKUP_AGE_RECIPIENTS
"""
SHORT_NAMES = CONTRACT.split()

WHATSAPP = {
    "WHATSAPP_PHONE_NUMBER_ID": "100",
    "WHATSAPP_ACCESS_TOKEN": "a-token",
    "WHATSAPP_APP_SECRET": "app-wide-hush",
    "WHATSAPP_VERIFY_TOKEN": "a-verifier",
}


def read(
    folder: Path, environ: Mapping[str, str] | None = None, toml: str = "", dotenv: str = ""
) -> Settings:
    if toml:
        (folder / "nightporter.toml").write_text(toml, "utf-8")
    if dotenv:
        (folder / ".env").write_text(dotenv, "utf-8")
    return load(environ=environ or {}, folder=folder)


def refusal(folder: Path, environ: Mapping[str, str] | None = None, toml: str = "", dotenv: str = "") -> str:
    with pytest.raises(SettingError) as caught:
        read(folder, environ, toml, dotenv)
    line = str(caught.value)
    assert "\n" not in line
    return line


def read_or_refuse(folder: Path, environ: Mapping[str, str] | None = None) -> str:
    """The one line of a refusal, "" when everything was read."""
    try:
        load(environ=environ or {}, folder=folder)
    except SettingError as refused:
        return str(refused)
    return ""


def test_defaults_are_the_contracts(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found.data_dir == Path("data")
    assert found.gateway == Address("0.0.0.0", 3001)
    assert found.console == Address("127.0.0.1", 3000)
    assert found.phone == Address("127.0.0.1", 3002)
    assert (found.log, found.worker_concurrency, found.hotel_file) == ("text", 10, Path("hotel.yaml"))
    assert (found.send_timeout_seconds, found.send_settle_seconds) == (5.0, 600.0)
    assert (found.whatsapp, found.spoki, found.mesh_api_key, found.console_password) == (None, None, "", "")
    assert found.limits.keyed_per_minute == 600
    assert found.node
    assert found.warnings == ()


def test_every_short_name_of_the_contract_is_in_the_table() -> None:
    known = {setting.short for setting in SETTINGS if setting.short}
    assert known == {
        *SHORT_NAMES,
        "HEARTBEAT_URL",
        "WHATSAPP_BUSINESS_ACCOUNT_ID",
    }  # ours: the contract asks for the heartbeat, and for templates, without a name


def test_keys_are_unique_and_have_a_section() -> None:
    keys = [setting.key for setting in SETTINGS]
    assert len(keys) == len(set(keys))
    assert all(key.count(".") == 1 for key in keys)


def test_environment_beats_dotenv_beats_file(tmp_path: Path) -> None:
    toml = "[work]\nconcurrency = 1\n[send]\ntimeout_seconds = 1\nsettle_seconds = 1\n"
    dotenv = "SEND_TIMEOUT_SECONDS=2\nexport SEND_SETTLE_SECONDS='2'  # of the two\n"
    found = read(tmp_path, {"SEND_SETTLE_SECONDS": "3"}, toml, dotenv)
    assert (found.worker_concurrency, found.send_timeout_seconds, found.send_settle_seconds) == (1, 2.0, 3.0)
    sources = {one.key: one.source for one in found.shown}
    assert sources["work.concurrency"] == "nightporter.toml"
    assert sources["send.timeout_seconds"] == ".env"
    assert sources["send.settle_seconds"] == "environment"
    assert sources["node.log"] == "default"


def test_long_names_work_for_every_key(tmp_path: Path) -> None:
    found = read(tmp_path, {"NIGHTPORTER_WHATSAPP__API_URL": "https://a.example/v1/", **WHATSAPP})
    assert found.whatsapp is not None
    assert found.whatsapp.api_url == "https://a.example/v1"
    assert "WHATSAPP_API_URL" in refusal(
        tmp_path,
        {"NIGHTPORTER_WHATSAPP__API_URL": "https://a.example", "WHATSAPP_API_URL": "https://b.example"},
    )


def test_an_empty_variable_is_not_set(tmp_path: Path) -> None:
    assert read(tmp_path, dict.fromkeys(SHORT_NAMES, "")) == read(tmp_path)


def test_channels(tmp_path: Path) -> None:
    found = read(tmp_path, {**WHATSAPP, "SPOKI_API_KEY": "k", "SPOKI_WEBHOOK_SECRET": "one, two"})
    assert found.whatsapp is not None
    assert found.whatsapp.messages_per_second == 80.0
    assert found.whatsapp.api_url == "https://graph.facebook.com/v26.0"
    assert found.spoki is not None
    assert found.spoki.webhook_secrets == ("one", "two")
    assert found.spoki.api_url == "https://api.spoki.com/api/1"


@pytest.mark.parametrize(
    "left_out", ["WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_ACCESS_TOKEN", "WHATSAPP_APP_SECRET"]
)
def test_a_half_configured_channel_stops_the_start(tmp_path: Path, left_out: str) -> None:
    line = refusal(tmp_path, {name: value for name, value in WHATSAPP.items() if name != left_out})
    assert line.startswith(f"NP-010: {left_out} is not set")


def test_half_of_spoki(tmp_path: Path) -> None:
    assert "SPOKI_WEBHOOK_SECRET is not set" in refusal(tmp_path, {"SPOKI_API_KEY": "k"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKER_CONCURRENCY", "0"),
        ("WORKER_CONCURRENCY", "ten"),
        ("NIGHTPORTER_GATEWAY", "3001"),
        ("NIGHTPORTER_GATEWAY", "127.0.0.1:70000"),
        ("NIGHTPORTER_GATEWAY", "[::1:3001"),
        ("NIGHTPORTER_LOG", "xml"),
        ("NIGHTPORTER_NODE", "a b"),
        ("WHATSAPP_API_URL", "http://graph.example/v26.0"),
        ("WHATSAPP_API_URL", "graph.example"),
        ("WHATSAPP_MESSAGES_PER_SECOND", "nan"),
        ("SEND_TIMEOUT_SECONDS", "-1"),
        ("REPLICATION", "sometimes"),
        ("LEASE_URL", "ftp://host/x"),
        ("BACKUP_URLS", "s3://b/x,http://c"),
        ("BACKUP_URLS", "file://relative/path"),
        ("BACKUP_URLS", "sftp://user:password@host/x"),
        ("BACKUP_URLS", "s3:///x"),
        ("BACKUP_AGE_RECIPIENTS", "AGE-SECRET-KEY-1"),
        ("NIGHTPORTER_LIMITS__TRUSTED_PROXIES", "somewhere"),
        ("NIGHTPORTER_SPOKI__METADATA_ECHO", "maybe"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(tmp_path: Path, name: str, value: str) -> None:
    line = refusal(tmp_path, {name: value})
    assert line.startswith(f"NP-010: {name} (environment) is ")
    assert "allowed: " in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MESH_API_KEY", "fifteen-letters"),
        ("PEER_SECRET", "too-short-for-a-peer"),
        ("WHATSAPP_ACCESS_TOKEN", "two words-of-a-token"),
        ("IMAP_URL", "imap://desk:very-secret@mail.example/INBOX"),
        ("SLACK_WEBHOOK_URL", "http://hooks.example/T0/very-secret"),
    ],
)
def test_secrets_are_masked_in_refusals(tmp_path: Path, name: str, value: str) -> None:
    line = refusal(tmp_path, {name: value})
    assert name in line
    assert f"({len(value)} characters)" in line
    assert value not in line


def test_secrets_show_nowhere(tmp_path: Path) -> None:
    secrets = {
        **WHATSAPP, "SPOKI_API_KEY": "spoki-key", "SPOKI_WEBHOOK_SECRET": "spoki-one,spoki-two",
        "MESH_API_KEY": "mesh-key-0123456789", "CONSOLE_PASSWORD": "open sesame",
    }  # fmt: skip
    found = read(tmp_path, secrets)
    told = repr(found) + repr(found.shown)
    for name, value in secrets.items():
        if name != "WHATSAPP_PHONE_NUMBER_ID":
            assert value not in told


def test_http_is_allowed_to_this_machine(tmp_path: Path) -> None:
    for host in ("127.0.0.1:4002", "localhost", "[::1]:80"):
        found = read(tmp_path, {**WHATSAPP, "WHATSAPP_API_URL": f"http://{host}/v26.0"})
        assert found.whatsapp is not None
        assert found.whatsapp.api_url == f"http://{host}/v26.0"


@pytest.mark.parametrize("name", ["NIGHTPORTER_GATEWEY", "WHATSAPP_TOKEN", "SPOKI_SECRET"])
def test_an_unknown_variable_of_ours_stops_the_start(tmp_path: Path, name: str) -> None:
    assert f"{name} (environment) is no setting" in refusal(tmp_path, {name: "x"})
    assert f"{name} (.env) is no setting" in refusal(tmp_path, dotenv=f"{name}=x\n")


def test_a_typing_error_gets_a_suggestion(tmp_path: Path) -> None:
    assert "did you mean NIGHTPORTER_GATEWAY" in refusal(tmp_path, {"NIGHTPORTER_GATEWEY": "x"})


def test_variables_of_others_are_left_alone(tmp_path: Path) -> None:
    environ = {"PATH": "/bin", "OPENAI_API_KEY": "k", "NIGHTPORTER_CI": "1"}
    assert read(tmp_path, environ, dotenv="OPENAI_API_KEY=k\nCOMPOSE_PROJECT_NAME=hotel\n") == read(tmp_path)


@pytest.mark.parametrize(
    ("toml", "part"),
    [
        ("[gateway\n", "is not TOML"),
        ("[gate]\nlisten = '127.0.0.1:1'\n", "gate (nightporter.toml) is no setting"),
        ("[gateway]\nport = 1\n", "gateway.port (nightporter.toml) is no setting"),
        ("listen = 1\n", "listen (nightporter.toml) is no setting"),
        ("[work]\nconcurrency = true\n", "work.concurrency (nightporter.toml) is True"),
    ],
)
def test_the_file_is_held_to_the_table(tmp_path: Path, toml: str, part: str) -> None:
    assert part in refusal(tmp_path, toml=toml)


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="does not exist"):
        load(tmp_path / "other.toml", environ={}, folder=tmp_path)
    (tmp_path / "other.toml").write_text("[work]\nconcurrency = 3\n", "utf-8")
    assert load(tmp_path / "other.toml", environ={}, folder=tmp_path).worker_concurrency == 3


def test_settings_of_later_parts_are_accepted_with_one_warning(tmp_path: Path) -> None:
    later = {"REDIS_URL": "redis://127.0.0.1", "LLM_MODEL": "ollama:small", "LEASE_URL": "file:///lease"}
    found = read(tmp_path, later)
    assert len(found.warnings) == 1
    assert all(name in found.warnings[0] for name in later)


def test_routes(tmp_path: Path) -> None:
    toml = '[[mesh.routes]]\nmatch = "flight.*"\nto = ["desk", "trigger:delay"]\ncontinue = true\n'
    (route,) = read(tmp_path, toml=toml).mesh_routes
    assert (route.match, route.to, route.goes_on) == ("flight.*", ("desk", "trigger:delay"), True)
    assert read(tmp_path, toml=toml).warnings == ()
    assert "mesh.routes" in refusal(tmp_path, toml='[[mesh.routes]]\nmatch = "x"\nto = ["nowhere"]\n')
    for match in ("flight.", "**.delay", "Flight.*", "fl*", ""):
        toml = f'[[mesh.routes]]\nmatch = "{match}"\nto = ["desk"]\n'
        assert "mesh.routes" in refusal(tmp_path, toml=toml)


def test_gateway_and_console_need_two_ports(tmp_path: Path) -> None:
    both = {"NIGHTPORTER_GATEWAY": "127.0.0.1:3005", "NIGHTPORTER_CONSOLE": "127.0.0.1:3005"}
    assert "both on port 3005" in refusal(tmp_path, both)
    free = {"NIGHTPORTER_GATEWAY": "127.0.0.1:0", "NIGHTPORTER_CONSOLE": "127.0.0.1:0"}
    assert read(tmp_path, free).gateway.port == 0


def test_the_example_file_is_made_from_the_table() -> None:
    kept = (REPOSITORY / ".env.hybrid.example").read_text("utf-8")
    assert kept == example()
    listed = re.findall(r"^#([A-Z_]+)=", kept, re.MULTILINE)
    assert listed == [setting.env for setting in SETTINGS]
    assert all(title in kept for title in TITLES.values())


def test_the_example_with_its_marks_taken_away_is_the_default(tmp_path: Path) -> None:
    lines = (re.sub(r"^#(?=[A-Z_]+=)", "", line) for line in example().splitlines())
    found = read(tmp_path, dotenv="\n".join(lines))
    default = load(environ={}, folder=tmp_path / "nowhere")
    assert found.retention == default.retention
    assert (found.gateway, found.limits, found.store) == (default.gateway, default.limits, default.store)


@given(st.text(max_size=300))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name in ("nightporter.toml", ".env"):
        (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        assert "\n" not in read_or_refuse(folder)
        (folder / name).unlink()


@given(st.sampled_from([setting.env for setting in SETTINGS]), st.text(max_size=80))
def test_any_value_is_read_or_refused(name: str, value: str) -> None:
    assert "\n" not in read_or_refuse(Path("/nonexistent"), {name: value})


def test_dotenv_lines(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(
        "# a comment\n\nA=1\nexport B = two words # not these\nC='x # y'\nD=\"\"\nE=a=b\n", "utf-8"
    )
    assert read_dotenv(path) == {"A": "1", "B": "two words", "C": "x # y", "D": "", "E": "a=b"}
    path.write_text("A=1\nnonsense\n", "utf-8")
    with pytest.raises(SettingError, match="line 2"):
        read_dotenv(path)


PEOPLE = """
[[staff.people]]
name = "Anna"
departments = ["reception", "on_call"]
hours = {mon-fri = "07:00-15:00", sat = "08:00-12:00"}
urls = ["tgram://BOT/ANNA"]
order = 2

[[staff.people]]
name = "Night"
urls = "mailto://user:hush@mail.example"
hours = "22:00-06:00"
"""


def test_people_are_read_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "nightporter.toml").write_text(PEOPLE, "utf-8")
    found = load(environ={}, folder=tmp_path)
    anna, night = found.alerts.people
    assert (anna.order, anna.departments) == (2, frozenset({"reception", "on_call"}))
    assert [len(day) for day in anna.week] == [1, 1, 1, 1, 1, 1, 0]
    assert (night.departments, str(night.week[0][0])) == (frozenset(), "22:00-06:00")
    shown = next(one for one in found.shown if one.key == "staff.people")
    assert "hush" not in f"{shown.value}{found!r}{anna!r}{night}"


@pytest.mark.parametrize(
    "wrong",
    [
        '{name = "Anna"}',
        '{name = "", urls = ["slack"]}',
        '{name = "Anna", urls = ["no address"]}',
        '{name = "Anna", urls = ["tgram://x/y"], departments = ["kitchens"]}',
        '{name = "Anna", urls = ["tgram://x/y"], hours = "late"}',
        '{name = "Anna", urls = ["tgram://x/y"], hours = {someday = "07:00-15:00"}}',
        '{name = "Anna", urls = ["tgram://x/y"], order = -1}',
        '{name = "Anna", urls = ["tgram://x/y"], phone = "+39"}',
        '{name = "Anna", urls = ["tgram://x/y"]}, {name = "Anna", urls = ["tgram://x/z"]}',
        '{name = "Anna", urls = ["pagerduty"]}',
    ],
)
def test_people_that_cannot_be_told_stop_the_start(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "nightporter.toml").write_text(f"[staff]\npeople = [{wrong}]\n", "utf-8")
    with pytest.raises(SettingError, match=r"staff\.people"):
        load(environ={}, folder=tmp_path)


def test_the_link_is_the_consoles_own_address_when_others_can_reach_it(tmp_path: Path) -> None:
    def link(**more: str) -> str:
        return load(environ=more, folder=tmp_path).alerts.console_url

    assert link() == ""
    assert link(NIGHTPORTER_CONSOLE="192.168.1.5:3000") == "http://192.168.1.5:3000"
    assert link(NIGHTPORTER_CONSOLE__URL="https://console.example/") == "https://console.example"
