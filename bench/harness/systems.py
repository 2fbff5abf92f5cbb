"""The systems under test, each on a fresh folder: Nightporter, the stack it replaces, a door that does nothing."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from harness.process import Broken, Program, cpu_seconds, free_port, proportional_bytes, start
from harness.proof import Proof, inspect
from load.bodies import Secrets, Wish
from moments import monotonic, sleep

BENCH = Path(__file__).resolve().parent.parent
REPOSITORY = BENCH.parent
PEER = BENCH / "peers" / "express-bullmq"
HEALTHY_WITHIN_SECONDS = 30.0
ABOVE_ANY_LOAD = 100_000

SECRETS = Secrets("bench-app-secret", "whsec_bench-spoki-secret", "100000000000001")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What every system is told: where the provider is, how much it may do at once, which limits hold."""

    sink_port: int
    concurrency: int
    hotel_file: Path
    default_limits: bool = False


class System(ABC):
    """Some programs that together take webhooks at /webhooks/whatsapp and answer through the provider."""

    name: ClassVar[str]
    answers: ClassVar[bool] = True
    channels: ClassVar[tuple[str, ...]] = ("cloud",)
    data: ClassVar[str] = ""  # the folder of what it keeps
    keeper: ClassVar[str] = ""  # the program that keeps it

    def __init__(self) -> None:
        self.programs: list[Program] = []
        self.port = free_port()
        self.start_seconds = 0.0

    @abstractmethod
    def up(self, folder: Path, conditions: Conditions) -> None:
        """Starts everything on an empty folder and waits until it is healthy."""

    def down(self) -> None:
        """Stops everything, last started first."""
        for program in reversed(self.programs):
            program.stop()
        self.programs.clear()

    def proof(self, folder: Path, sent: Sequence[Wish]) -> Proof:
        """After `down`: what the kept data say of the messages that were sent; figures and faults."""
        kept = sum(file.stat().st_size for file in folder.glob(f"{self.data}/**/*") if file.is_file())
        return {"disk_bytes_per_message": round(kept / max(len(sent), 1))}, []

    def cpu(self) -> dict[str, float]:
        """CPU seconds of each program so far, its descendants included."""
        return {program.name: cpu_seconds(program.process.pid) for program in self.programs}

    def proportional(self) -> dict[str, int]:
        """PSS bytes of each program now, its descendants included."""
        return {program.name: proportional_bytes(program.process.pid) for program in self.programs}

    def healthy(self, program: Program, since: float) -> None:
        """Waits for `GET /health` to answer 200 and notes how long it took."""
        while monotonic() - since < HEALTHY_WITHIN_SECONDS:
            program.alive()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=1) as answer:
                    if answer.status == 200:
                        self.start_seconds = monotonic() - since
                        return
            except (urllib.error.URLError, OSError):
                sleep(0.01)
        raise Broken(f"{self.name} was not healthy within {HEALTHY_WITHIN_SECONDS:.0f} s")


class Nightporter(System):
    """`nightporter up` with documented settings only."""

    name = "nightporter"
    data = "data"
    keeper = "node"
    channels = ("cloud", "spoki")

    def up(self, folder: Path, conditions: Conditions) -> None:
        """Starts one node on `folder`/data."""
        settings = {
            "PYTHONPATH": str(REPOSITORY / "src"),  # this checkout, wherever the environment was made
            "NIGHTPORTER_DATA_DIR": str(folder / "data"),
            "NIGHTPORTER_NODE": "bench",
            "NIGHTPORTER_GATEWAY": f"127.0.0.1:{self.port}",
            "NIGHTPORTER_CONSOLE": f"127.0.0.1:{free_port()}",
            "NIGHTPORTER_LOG": "json",
            "HOTEL_FILE": str(conditions.hotel_file),
            "WHATSAPP_PHONE_NUMBER_ID": SECRETS.phone_number_id,
            "WHATSAPP_ACCESS_TOKEN": "bench-token",
            "WHATSAPP_APP_SECRET": SECRETS.app_secret,
            "WHATSAPP_VERIFY_TOKEN": "bench-verify",
            "WHATSAPP_API_URL": f"http://127.0.0.1:{conditions.sink_port}/v26.0",
            "SPOKI_API_KEY": "bench-key",
            "SPOKI_WEBHOOK_SECRET": SECRETS.spoki_secret,
            "SPOKI_API_URL": f"http://127.0.0.1:{conditions.sink_port}/api/1",
        }
        if not conditions.default_limits:
            settings["WORKER_CONCURRENCY"] = str(conditions.concurrency)
            settings["WHATSAPP_MESSAGES_PER_SECOND"] = str(ABOVE_ANY_LOAD)
        since = monotonic()
        command = [str(REPOSITORY / ".venv" / "bin" / "nightporter"), "up"]
        node = start("node", command, folder, settings, folder)
        self.programs.append(node)
        self.healthy(node, since)

    def proof(self, folder: Path, sent: Sequence[Wish]) -> Proof:
        """Every message disposed, answered, with topic and language; an unbroken log."""
        figures, faults = inspect(folder / self.data / "hotel.db", sent)
        size, _ = super().proof(folder, sent)
        return figures | size, faults


class ExpressBullmq(System):
    """The stack it replaces: Redis, an Express process for the webhooks, a BullMQ process for the answers."""

    name = "express-bullmq"
    data = "redis"
    keeper = "redis"
    status_jobs = "webhook"

    def up(self, folder: Path, conditions: Conditions) -> None:
        """Starts Redis on `folder`/redis, then the two processes."""
        data, socket = folder / "redis", folder / "redis.sock"
        data.mkdir()
        settings = {
            "NODE_ENV": "production",
            "PORT": str(self.port),
            "REDIS_SOCKET": str(socket),
            "WORKER_CONCURRENCY": str(conditions.concurrency),
            "STATUS_JOBS": self.status_jobs,
            "RATE_LIMIT_PER_MINUTE": str(60 * ABOVE_ANY_LOAD),
            "WHATSAPP_PHONE_NUMBER_ID": SECRETS.phone_number_id,
            "WHATSAPP_ACCESS_TOKEN": "bench-token",
            "WHATSAPP_APP_SECRET": SECRETS.app_secret,
            "WHATSAPP_API_URL": f"http://127.0.0.1:{conditions.sink_port}/v26.0",
        }
        since = monotonic()
        config = [str(PEER / "redis.conf"), "--dir", str(data), "--unixsocket", str(socket)]
        redis = start("redis", ["redis-server", *config], folder, {}, folder)
        self.programs.append(redis)
        while not socket.exists():
            redis.alive()
            sleep(0.01)
        api = start("api", ["node", "api.js"], folder, settings, PEER)
        self.programs.append(api)
        self.programs.append(start("worker", ["node", "worker.js"], folder, settings, PEER))
        self.healthy(api, since)


class ExpressBullmqEach(ExpressBullmq):
    """The same with a job for every status, as bots more often do it: slower, so not what we compare with."""

    name = "express-bullmq-each"
    status_jobs = "each"


class Empty(System):
    """The server Nightporter uses, answering an empty 200 and keeping nothing: the ceiling for acknowledgements."""

    name = "empty-200"
    answers = False

    def up(self, folder: Path, conditions: Conditions) -> None:
        """Starts the server; the conditions do not matter to it."""
        del conditions
        since = monotonic()
        command = [sys.executable, "-m", "controls.empty", "--port", str(self.port)]
        server = start("server", command, folder, {}, BENCH)
        self.programs.append(server)
        self.healthy(server, since)


SYSTEMS: dict[str, type[System]] = {
    system.name: system for system in (Nightporter, ExpressBullmq, ExpressBullmqEach, Empty)
}
