"""Places to ship to, each a real one: a folder, an S3 server on loopback, Debian's sshd on loopback."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Generator
from pathlib import Path

import pytest

SSHD = Path("/usr/sbin/sshd")
BUCKET = "backups"


@pytest.fixture(scope="session")
def s3_endpoint() -> Generator[str]:
    """moto's server: an S3 that others keep like Amazon's."""
    from moto.server import create_backend_app
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, create_backend_app("s3"), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    urllib.request.urlopen(urllib.request.Request(f"{url}/{BUCKET}", method="PUT"), timeout=10).close()
    yield url
    server.shutdown()
    thread.join()


@pytest.fixture
def s3_url(s3_endpoint: str, tmp_path: Path) -> str:
    prefix = tmp_path.name
    return f"s3://key:secret@{BUCKET}/{prefix}?endpoint={s3_endpoint}"


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    (tmp_path / "far away").mkdir()
    return f"file://{tmp_path}/far%20away"


@pytest.fixture
def sftp_url(tmp_path: Path) -> Generator[str]:
    """A server that knows one key, and a client configuration that knows the server."""
    home = tmp_path / "ssh"
    home.mkdir(mode=0o700)
    for name in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / name], check=True)
    shutil.copy(home / "client.pub", home / "authorized")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (home / "sshd").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {home}/host\nAuthorizedKeysFile {home}/authorized\n"
        f"PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\nSubsystem sftp internal-sftp\n"
    )
    public = (home / "host.pub").read_text().split()
    (home / "known").write_text(f"[127.0.0.1]:{port} {public[0]} {public[1]}\n")
    (home / "config").write_text(
        f"Host *\n IdentityFile {home}/client\n IdentitiesOnly yes\n UserKnownHostsFile {home}/known\n"
    )
    os.makedirs("/run/sshd", exist_ok=True)  # noqa: PTH103 - sshd insists on it
    server = subprocess.Popen([SSHD, "-D", "-e", "-f", home / "sshd"], stderr=subprocess.PIPE)
    assert server.stderr is not None
    assert b"listening" in server.stderr.readline()
    yield f"sftp://{getpass.getuser()}@127.0.0.1:{port}{tmp_path}/far/away?config={home}/config"
    server.terminate()
    server.communicate()


@pytest.fixture(params=["file", "s3", pytest.param("sftp", marks=pytest.mark.ci)])
def url(request: pytest.FixtureRequest) -> str:
    """Each kind of place in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))
