"""Coming and going: signing in and out, here and everywhere, and choosing one's own password."""

from __future__ import annotations

import structlog
from starlette.requests import Request
from starlette.responses import Response

from nightporter.console import head
from nightporter.console.deeds import Deeds
from nightporter.console.login import Entrance, Wait
from nightporter.console.pages import LOGIN, PASSWORD, Pages
from nightporter.console.parts import Parts
from nightporter.console.passwords import Passwords, weakness
from nightporter.console.rendering import page
from nightporter.console.session import Sessions
from nightporter.console.visit import Visit, go, keep_session
from nightporter.journal import accounts
from nightporter.journal.accounts import NAME_CHARS_MAX, OWNER, Account
from nightporter.store import Tx

MINUTE_SECONDS = 60

log = structlog.get_logger("console")


class Coming:
    """Everything about who is there."""

    def __init__(
        self,
        parts: Parts,
        sessions: Sessions,
        pages: Pages,
        deeds: Deeds,
        passwords: Passwords,
        entrance: Entrance,
    ) -> None:
        self._node = parts.node
        self._sessions = sessions
        self._pages = pages
        self._deeds = deeds
        self._passwords = passwords
        self._entrance = entrance

    # -- signing in and out

    async def login_page(self, request: Request) -> Response:
        """Ask for name and password."""
        visit = await self._pages.receive(request)
        return go("/") if visit.visitor.signed_in else self._login(visit, "", 200)

    async def login(self, visit: Visit) -> Response:
        """Let in whoever knows name and password; without a name it is the owner."""
        name = visit.form.get("name", "").strip()[:NAME_CHARS_MAX] or OWNER
        account = await self._entrance.enter(name, visit.form.get("password", ""), visit.origin.address)
        if isinstance(account, Wait):
            return self._too_many(visit, account)
        visitor = await self._sessions.begin(account) if account else None
        if account is None or visitor is None:
            log.warning("sign-in refused", address=visit.origin.address)
            return self._login(visit, "login.wrong", 401)
        log.info("signed in", account=account.account_id)
        await self._sessions.end(visit.visitor)
        response = go("/")
        keep_session(response, visit, visitor)
        return response

    def _too_many(self, visit: Visit, wait: Wait) -> Response:
        response = self._login(visit, "login.too_many", 429, minutes=_minutes(wait))
        response.headers["retry-after"] = str(int(wait.seconds) + 1)
        return response

    def _login(self, visit: Visit, problem: str, status: int, **values: int) -> Response:
        told = visit.words(problem, **values) if problem else ""
        name = visit.form.get("name", "")[:NAME_CHARS_MAX]
        response = page(
            "login.html",
            visit,
            self._pages.now_ms(),
            status=status,
            problem=told,
            name=name,
            **head.NOTHING,
        )
        keep_session(response, visit, visit.visitor)
        return response

    async def logout(self, visit: Visit) -> Response:
        """End this session."""
        await self._sessions.end(visit.visitor)
        return go(LOGIN)

    async def logout_everywhere(self, visit: Visit) -> Response:
        """End all sessions of this person, this one too."""
        deed, account_id = self._deeds.deed(visit), visit.visitor.account_id

        def unit(tx: Tx) -> None:
            tx.run("sessions_end_of", (account_id,))
            deed.note(tx, "signed out everywhere", account_id)

        await self._node.write(unit)
        return go(LOGIN)

    # -- one's own password

    async def password_page(self, visit: Visit) -> Response:
        """Ask for the password in force and for a new one."""
        return self._password(visit, "", 200)

    async def change_password(self, visit: Visit) -> Response:
        """Keep the new password, sign out everywhere else."""
        form, name = visit.form, visit.visitor.name
        wanted, told = form.get("new", ""), form.get("again", "")
        problem = weakness(wanted, name) or ("" if wanted == told else "password.differ")
        if not problem and wanted == form.get("password", ""):
            problem = "password.same"
        if problem:
            return self._password(visit, problem, 422)
        account = await self._entrance.enter(name, form.get("password", ""), visit.origin.address)
        if isinstance(account, Wait):
            return self._password(visit, "login.too_many", 429, minutes=_minutes(account))
        if account is None:
            return self._password(visit, "password.wrong", 401)
        return await self._keep_password(visit, account, wanted)

    async def _keep_password(self, visit: Visit, account: Account, wanted: str) -> Response:
        deed, hashed = self._deeds.deed(visit), await self._passwords.hash(wanted)
        give = accounts.give_password(account.name, hashed, 0)

        def unit(tx: Tx) -> bool:
            if accounts.named(tx, account.name) != account:
                return False  # disabled, or given another password, in this very moment
            deed.note(tx, "password changed", account.account_id)
            return give(tx)

        kept = await self._node.write(unit)
        now = accounts.named(self._node.store.view, account.name) if kept else None
        visitor = await self._sessions.begin(now) if now else None
        if visitor is None:
            return go(LOGIN)
        response = go("/")
        keep_session(response, visit, visitor)
        return response

    def _password(self, visit: Visit, problem: str, status: int, **values: int) -> Response:
        told = visit.words(problem, **values) if problem else ""
        return self._pages.render("password.html", visit, status=status, problem=told, action=PASSWORD)


def _minutes(wait: Wait) -> int:
    return int(wait.seconds // MINUTE_SECONDS) + 1
