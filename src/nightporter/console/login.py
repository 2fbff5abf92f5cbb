"""Who may come in: name and password against the accounts, and waits that grow with wrong ones."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum

from nightporter.clock import Clock
from nightporter.console.passwords import Passwords, same
from nightporter.journal import accounts
from nightporter.journal.accounts import OWNER, Account, login_of
from nightporter.rounds.node import Node

FREE_TRIES = 5  # wrong ones in a row, before the first wait
FIRST_WAIT_SECONDS = 10.0  # twice as long each time
WAIT_SECONDS_MAX = 900.0
FORGOTTEN_SECONDS = 3_600.0  # after so long without a wrong one
COUNTS_MAX = 10_000
KNOWN_MAX = 1_000


@dataclass(slots=True)
class _Count:
    tries: int = 0
    last_seconds: float = 0.0


class Attempts:
    """Counts tries by account and by address; a right one is taken back.

    By account alone, whoever knows a name could lock its person out. So an address from which that person has come in
    before is not held up by the tries of others.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: OrderedDict[tuple[str, str], _Count] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def begin(self, name: str, address: str) -> float:
        """Take one try; else, seconds to wait. Names that nobody has are counted like others."""
        counts = self._of(name, address)
        now = self._clock.elapsed_seconds()
        wait = max(self._wait(count, now) for count in counts)
        if wait <= 0:
            for count in counts:
                count.tries, count.last_seconds = count.tries + 1, now
        return wait

    def succeeded(self, name: str, address: str) -> None:
        """The try was right: it does not count, and its person is not held up by earlier ones."""
        own, by_address = self._of(name, address)
        own.tries, by_address.tries = 0, max(0, by_address.tries - 1)
        self._known[login_of(name), address] = None
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)

    def _of(self, name: str, address: str) -> tuple[_Count, _Count]:
        login = login_of(name)
        known = (login, address) in self._known
        return self._count(login, address if known else ""), self._count("", address)

    def _count(self, login: str, address: str) -> _Count:
        count = self._counts.setdefault((login, address), _Count())
        self._counts.move_to_end((login, address))
        if len(self._counts) > COUNTS_MAX:
            self._counts.popitem(last=False)
        if self._clock.elapsed_seconds() - count.last_seconds > FORGOTTEN_SECONDS:
            count.tries = 0
        return count

    def _wait(self, count: _Count, now: float) -> float:
        if count.tries < FREE_TRIES:
            return 0.0
        doublings = min(count.tries - FREE_TRIES, 20)
        return count.last_seconds + min(FIRST_WAIT_SECONDS * 2**doublings, WAIT_SECONDS_MAX) - now


class Start(StrEnum):
    """Where the password of this start comes from."""

    SETTING = "setting"  # CONSOLE_PASSWORD: the owner's until they choose their own
    PRINTED = "printed"  # made for this start and told on the terminal: until the next


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many tries: come again after so long."""

    seconds: float


class Entrance:
    """Looks at names and passwords."""

    def __init__(self, node: Node, passwords: Passwords, start_password: str, start: Start) -> None:
        assert start_password, "an empty password opens to everybody"
        self._node = node
        self._passwords = passwords
        self._start_password = start_password
        self._start = start
        self._attempts = Attempts(node.clock)

    async def enter(self, name: str, password: str, address: str) -> Account | Wait | None:
        """The account of that name when the password is right; None when it is not, or there is no such account.

        Each try costs one hash, whatever is wrong with it, so that time does not tell who has an account.
        """
        wait = FIRST_WAIT_SECONDS if self._passwords.busy else self._attempts.begin(name, address)
        if wait > 0:
            return Wait(wait)
        account = accounts.named(self._node.store.view, name)
        usable = account is not None and account.disabled_ms is None
        hashed = account.hash if account and usable and self._in_time(account) else ""
        right = await self._passwords.matches(password, hashed)
        started = self._opens_start(account, password)
        if account is None or not usable or not (right or started):
            return None
        self._attempts.succeeded(name, address)
        return account

    def _in_time(self, account: Account) -> bool:
        return not account.first_until_ms or account.first_until_ms > self._node.clock.now_ms()

    def _opens_start(self, account: Account | None, password: str) -> bool:
        right = same(password, self._start_password)
        owner = account is not None and login_of(account.name) == OWNER
        return right and owner and (self._start is Start.PRINTED or not (account and account.hash))
