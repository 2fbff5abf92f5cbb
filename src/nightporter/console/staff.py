"""The owner's page of accounts: who may come in; adding, disabling, and giving a first password."""

from __future__ import annotations

from starlette.responses import Response

from nightporter.console.deeds import Deeds
from nightporter.console.pages import Pages
from nightporter.console.parts import Parts
from nightporter.console.passwords import Passwords, new_password
from nightporter.console.visit import Visit, go
from nightporter.journal import accounts
from nightporter.journal.accounts import FIRST_PASSWORD_MS, Role
from nightporter.store import Tx

ACCOUNTS = "/accounts"
ACCOUNTS_MAX = 200


class StaffPages:
    """For owners only."""

    def __init__(self, parts: Parts, pages: Pages, deeds: Deeds, passwords: Passwords) -> None:
        self._node = parts.node
        self._pages = pages
        self._deeds = deeds
        self._passwords = passwords

    async def show(self, visit: Visit) -> Response:
        """All accounts."""
        return self._page(visit)

    async def add(self, visit: Visit) -> Response:
        """A new account; its first password is on this page and nowhere else."""
        name, role = accounts.clean_name(visit.form.get("name", "")), visit.form.get("role", "")
        view = self._node.store.view
        if not name or role not in set(Role):
            return self._page(visit, problem="accounts.bad_name", status=422)
        if len(accounts.listed(view)) >= ACCOUNTS_MAX or accounts.named(view, name):
            return self._page(visit, problem="accounts.taken", status=409)
        deed, first, account_id = self._deeds.deed(visit), new_password(), self._node.ids.new()
        add = accounts.add(account_id, name, Role(role), await self._passwords.hash(first), deed.now_ms)

        def unit(tx: Tx) -> bool:
            if not add(tx):
                return False
            deed.note(tx, "account added", account_id, f"{name}, {role}")
            return True

        if not await self._node.write(unit):
            return self._page(visit, problem="accounts.taken", status=409)
        return self._page(visit, made=(name, first))

    async def disable(self, visit: Visit) -> Response:
        """Nobody comes in by that name any more; whoever is in is out at once."""
        deed, name = self._deeds.deed(visit), visit.form.get("name", "")
        account = accounts.named(self._node.store.view, name)
        if account is None:
            return self._page(visit, problem="accounts.gone", status=404)
        disable = accounts.disable(account.name, deed.now_ms)

        def unit(tx: Tx) -> bool:
            if not disable(tx):
                return False
            deed.note(tx, "account disabled", account.account_id, account.name)
            return True

        if not await self._node.write(unit):
            return self._page(visit, problem="accounts.stays", status=409)
        return go(ACCOUNTS)

    async def give_password(self, visit: Visit) -> Response:
        """A new first password, for who forgot theirs or was disabled."""
        deed, first = self._deeds.deed(visit), new_password()
        account = accounts.named(self._node.store.view, visit.form.get("name", ""))
        if account is None:
            return self._page(visit, problem="accounts.gone", status=404)
        hashed = await self._passwords.hash(first)
        give = accounts.give_password(account.name, hashed, deed.now_ms + FIRST_PASSWORD_MS)

        def unit(tx: Tx) -> bool:
            deed.note(tx, "first password given", account.account_id, account.name)
            return give(tx)

        await self._node.write(unit)
        return self._page(visit, made=(account.name, first))

    def _page(
        self, visit: Visit, *, problem: str = "", status: int = 200, made: tuple[str, str] | None = None
    ) -> Response:
        return self._pages.render(
            "accounts.html",
            visit,
            status=status,
            accounts=accounts.listed(self._node.store.view),
            problem=problem,
            made=made,
            name=visit.form.get("name", "") if problem else "",
            roles=list(Role),
        )
