"""What each PBX was found to have, what of it is proposed, and what becomes of a proposal."""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from callfloor.errors import NotFoundError
from callfloor.floor.found import Found
from callfloor.store.changes_found import Known, Proposal, proposals
from callfloor.store.decided import decide, decided, settle, this
from callfloor.store.directory import DirectoryStore
from callfloor.store.directory_entries import load_routes, load_trunks
from callfloor.store.discovery_tables import decided_findings, discoveries
from callfloor.store.instants import to_ms, to_s, to_s_or_none
from callfloor.store.lines import Lines
from callfloor.store.lines_found import outbound
from callfloor.store.rules import ProjectRules
from callfloor.store.scope import Scope
from callfloor.store.tables import accounts, call_employees, calls, links
from callfloor.store.taking_over import carry_out
from callfloor.store.texts import can_be_kept
from callfloor.store.upserts import put
from callfloor.store.working_hours import WorkingHours

LATEST_CALLS = 20_000
"""So many calls, the newest ones, are looked through for numbers and accounts that nobody has told of."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """The last look at one PBX."""

    link_id: int
    looked_at: float | None = None
    found: Found | None = None
    takes_new: bool | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said no to."""

    link_id: int
    kind: str
    key: str
    value: str
    refused_at: float


class TakenOver(msgspec.Struct, frozen=True, kw_only=True):
    """What came of some proposals: those that were carried out, and how many were others by then."""

    done: tuple[Proposal, ...]
    stale: int


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """Whom and what the newest calls of one PBX name: each with how many calls do."""

    numbers: dict[str, int] = {}  # that inbound calls came by
    accounts: dict[str, int] = {}  # that are nobody's
    trunks: dict[str, int] = {}  # that calls went through


class Discoveries:
    """One project's. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._directory = DirectoryStore(scope)
        self._lines = Lines(scope)
        self._rules = ProjectRules(scope)

    # --- what is there --------------------------------------------------------------------------------------------

    def looks(self) -> tuple[Look, ...]:
        """The last look at each PBX that was looked at, or about which something was said."""
        with self._scope.reading() as connection:
            return self._looks(connection)

    def proposals(self) -> tuple[Proposal, ...]:
        """All that is proposed now, PBX by PBX."""
        known = self._known()
        with self._scope.reading() as connection:
            return tuple(self._offered(connection, known).values())

    def refusals(self) -> tuple[Refusal, ...]:
        """All that was refused and is not proposed because of it, the newest first."""
        at = decided_findings.c
        with self._scope.reading() as connection:
            rows = connection.execute(
                select(decided_findings)
                .where(self._scope.within(decided_findings), at.refused_at.is_not(None))
                .order_by(at.refused_at.desc(), at.kind, at.key)
            )
            return tuple(
                Refusal(
                    link_id=row.link_id,
                    kind=row.kind,
                    key=row.key,
                    value=str(msgspec.json.decode(row.value) or ""),
                    refused_at=to_s(row.refused_at),
                )
                for row in rows
            )

    def heard(self, prefix: str) -> Heard:
        """Of the newest calls, those whose id begins so."""
        with self._scope.reading() as connection:
            latest = connection.execute(
                select(calls.c.id, calls.c.type, calls.c.business_number, calls.c.trunk, calls.c.call_id)
                .where(self._scope.within(calls))
                .order_by(calls.c.id.desc())
                .limit(LATEST_CALLS)
            )
            ours = [row for row in latest if row.call_id.startswith(prefix)]
            if not ours:
                return Heard()
            within = {row.id for row in ours}
            nobodys = connection.execute(
                select(call_employees.c.account, call_employees.c.call).where(
                    self._scope.within(call_employees),
                    call_employees.c.call >= min(within),
                    call_employees.c.employee_id.is_(None),
                )
            )
            return Heard(
                numbers=_counted(row.business_number for row in ours if row.type == "inbound" and row.business_number),
                accounts=_counted(row.account for row in nobodys if row.call in within),
                trunks=_counted(row.trunk for row in ours if row.trunk),
            )

    # --- changes --------------------------------------------------------------------------------------------------

    def note(self, link_id: int, found: Found, *, now: float) -> None:
        """A look was taken: what agrees with the directory is decided, the rest is proposed.

        Raises:
            NotFoundError: the project has no such connection.
        """
        self._keep(link_id, looked_at=to_ms(now), found=msgspec.json.encode(found).decode())
        self._settle({link_id})

    def set_takes_new(self, link_id: int, *, takes_new: bool | None) -> None:
        """Whether what is new at this PBX is taken over unasked.

        Raises:
            NotFoundError: the project has no such connection.
        """
        self._keep(link_id, takes_new=takes_new)

    def accept(self, ids: Collection[str], *, now: float) -> TakenOver:
        """Carry these proposals out as they were shown; those that are others by now are left alone."""
        known = self._known()
        with self._scope.editing() as connection:
            offered = self._offered(connection, known)
            chosen = [offered[wanted] for wanted in dict.fromkeys(ids) if wanted in offered]
            hours = [proposal for proposal in chosen if proposal.kind == "hours"][-1:]
            found = {look.link_id: look.found for look in self._looks(connection)}
            done = []
            for proposal in chosen:
                numbers = (found[proposal.link_id] or Found()).numbers
                number = next((each for each in numbers if each.number == proposal.key), None)
                if carry_out(connection, self._scope, proposal, number, now=now) or proposal in hours:
                    done.append(proposal)
            decide(connection, self._scope, done, None)
        for proposal in hours:
            stretches = (
                WorkingHours(weekday=day, begins_minute=first, ends_minute=end) for day, first, end in proposal.hours
            )
            self._rules.set(msgspec.structs.replace(self._rules.load(), working_hours=tuple(stretches)))
        self._settle({proposal.link_id for proposal in done})
        return TakenOver(done=tuple(done), stale=len(set(ids)) - len(done))

    def accept_new(self, link_id: int, *, now: float) -> TakenOver:
        """Carry out what only adds something and contradicts nobody."""
        new = [
            each for each in self.proposals() if each.link_id == link_id and each.act == "add" and not each.by_itself
        ]
        return self.accept([each.id for each in new], now=now)

    def refuse(self, ids: Collection[str], *, now: float) -> TakenOver:
        """Propose these no more, as long as the PBX says the same."""
        known = self._known()
        with self._scope.editing() as connection:
            offered = self._offered(connection, known)
            refused = [offered[wanted] for wanted in dict.fromkeys(ids) if wanted in offered]
            decide(connection, self._scope, refused, to_ms(now))
        return TakenOver(done=tuple(refused), stale=len(set(ids)) - len(refused))

    def reconsider(self, link_id: int, kind: str, key: str) -> None:
        """Propose again what was refused.

        Raises:
            NotFoundError: nothing of the kind was refused.
        """
        missing = NotFoundError("Nothing of the kind was refused.")
        if not (can_be_kept(kind) and can_be_kept(key)):
            raise missing
        was = (*this(self._scope, link_id, kind, key), decided_findings.c.refused_at.is_not(None))
        with self._scope.editing() as connection:
            if connection.execute(delete(decided_findings).where(*was)).rowcount == 0:
                raise missing

    # --- within ---------------------------------------------------------------------------------------------------

    def _known(self) -> Known:
        hours = self._rules.load().working_hours
        with self._scope.reading() as connection:
            rows = connection.execute(
                select(accounts.c.account, accounts.c.employee_id).where(self._scope.within(accounts))
            )
            whose = {row.account: row.employee_id for row in rows}
            lines, routes = load_trunks(connection, self._scope), load_routes(connection, self._scope)
        return Known(
            directory=self._directory.load(),
            accounts=whose,
            numbers={number.number: number for number in self._lines.numbers()},
            trunks=tuple(lines),
            routes=tuple(routes),
            hours=None
            if hours is None
            else frozenset((each.weekday, each.begins_minute, each.ends_minute) for each in hours),
        )

    def _offered(self, connection: Connection, known: Known) -> dict[str, Proposal]:
        """What is proposed, by id. What two PBXes propose alike is proposed once."""
        looks = [(look.link_id, look.found) for look in self._looks(connection) if look.found is not None]
        out: dict[str, Proposal] = {}
        said: set[tuple[Any, ...]] = set()
        for link_id, found in looks:
            others = {name for other, their in looks if other != link_id for name in _names(their)}
            here = msgspec.structs.replace(known, elsewhere=others)
            for each in proposals(link_id, found, here, decided(connection, self._scope, link_id)):
                what = (each.kind, each.act, each.key, each.new)
                if what not in said:
                    said.add(what)
                    out[each.id] = each
        return out

    def _looks(self, connection: Connection) -> tuple[Look, ...]:
        rows = connection.execute(
            select(discoveries).where(self._scope.within(discoveries)).order_by(discoveries.c.link_id)
        )
        return tuple(
            Look(
                link_id=row.link_id,
                looked_at=to_s_or_none(row.looked_at),
                found=_found(row.found),
                takes_new=row.takes_new,
            )
            for row in rows
        )

    def _keep(self, link_id: int, **values: Any) -> None:
        with self._scope.editing() as connection:
            there = select(links.c.id).where(self._scope.within(links), links.c.id == link_id)
            if connection.execute(there).first() is None:
                raise NotFoundError("There is no such PBX connection.")
            row = {"project_id": self._scope.project_id, "link_id": link_id, **values}
            put(connection, discoveries, [row], tuple(values))

    def _settle(self, link_ids: Collection[int]) -> None:
        known = self._known()
        with self._scope.editing() as connection:
            for look in self._looks(connection):
                if look.link_id in link_ids and look.found is not None:
                    settle(connection, self._scope, look.link_id, look.found, known)


def _found(text: str | None) -> Found | None:
    """What was found; None where an older Callfloor has written it otherwise: the next look tells it anew."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=Found)
    except msgspec.MsgspecError:
        return None


def _names(found: Found) -> set[str]:
    accounts_ = {account for person in found.employees for account in person.accounts}
    lines = {trunk.channel for trunk in found.trunks} | {route.key for route in outbound(found)}
    return accounts_ | {queue.name for queue in found.queues} | {number.number for number in found.numbers} | lines


def _counted(names: Any) -> dict[str, int]:
    out: dict[str, int] = {}
    for name in names:
        out[name] = out.get(name, 0) + 1
    return out
