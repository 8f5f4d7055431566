"""What a request asks of a report, made ready: its filter read and checked, its recipients allowed and known."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import msgspec

from callfloor.errors import ForbiddenError, InvalidInputError, NotFoundError
from callfloor.store.call_filter import SortKey
from callfloor.store.memberships import Membership
from callfloor.store.report_asks import ReportAsk, What, When, checked_address
from callfloor.store.schedules import Recipients
from callfloor.store.store import Store
from callfloor.store.users import User
from callfloor.web import masked
from callfloor.web.access import Action, Sight, Viewer
from callfloor.web.contract_reports import RecipientInfo, RecipientsWanted, ReportWanted, WhenWanted
from callfloor.web.journal_asked import Asked, sort_asked
from callfloor.web.ports import ReportColumns

BESIDE: Final = frozenset({"sort", "limit", "after", "before", "by", "call", "columns"})
"""Words of the journal's address that are not its filter."""

DAYS: Final = ("from", "to", "from_time", "to_time")


def ask_of(store: Store, viewer: Viewer, columns: ReportColumns, wanted: ReportWanted, *, relative: bool) -> ReportAsk:
    """The report that is asked for; the sight is put in when it is made. Blocking.

    Args:
        store: knows the project's zone and directory.
        viewer: who asks.
        columns: what a report can have.
        wanted: the request's words.
        relative: a schedule's: days in the query are passed over.

    Raises:
        InvalidInputError: the query or a column cannot be understood.
    """
    known = columns.calls if wanted.what is What.CALLS else columns.totals
    if len(set(wanted.columns)) != len(wanted.columns) or not set(wanted.columns) <= set(known):
        raise InvalidInputError("A column is not known, or comes twice.", at=["report.columns"], known=list(known))
    try:
        given = parse_qsl(wanted.query.removeprefix("?"), keep_blank_values=True, strict_parsing=bool(wanted.query))
    except ValueError:
        raise InvalidInputError("The query cannot be understood.", at=["report.query"]) from None
    words = [(name, value) for name, value in given if name not in BESIDE and not (relative and name in DAYS)]
    if relative:
        words += [("from", "2000-01-01"), ("to", "2000-01-01")]
    asked = Asked.read(words)
    zone = ZoneInfo(store.projects.get(viewer.project_id).timezone)
    directory = store.project(viewer.project_id).directory.load()
    if asked.client is not None:
        number = masked.found_number(store, viewer, asked.client, at="report.query")
        asked = msgspec.structs.replace(asked, client=number)
    sort = sort_asked(dict(given))
    if sort.key is SortKey.CLIENT:
        masked.refused(viewer, "order")
    return ReportAsk(
        what=wanted.what,
        form=wanted.form,
        filter=asked.wanted(Sight(mask=viewer.mask), directory, zone),
        by=wanted.by,
        sort=sort,
        columns=wanted.columns,
        language=wanted.language,
        bom=wanted.bom,
        query=wanted.query.removeprefix("?"),
    )


def when_of(wanted: WhenWanted) -> When:
    """When a schedule's report goes out."""
    return When(
        every=wanted.every,
        minute=wanted.minute,
        weekday=wanted.weekday,
        month_day=wanted.month_day,
        period=wanted.period,
        days=wanted.days,
    )


def recipients_of(store: Store, viewer: Viewer, wanted: RecipientsWanted, *, before: Iterable[str] = ()) -> Recipients:
    """Who gets a report. Blocking.

    ``before`` are the addresses that are there already: they may stay, whoever changes the rest.

    Raises:
        InvalidInputError: there is nobody, a user is none of the project's, or an address is none.
        ForbiddenError: an outside address that no administrator enters.
    """
    addresses = tuple(dict.fromkeys(checked_address(each) for each in wanted.addresses))
    if set(addresses) - set(before) and not viewer.may(Action.CHANGE_SETTINGS):
        raise ForbiddenError("Outside addresses are entered by administrators.")
    known = {each.user_id for each in readers(store, viewer.project_id)}
    user_ids = tuple(dict.fromkeys(wanted.user_ids))
    if not set(user_ids) <= known:
        raise InvalidInputError("A recipient may not have reports of this project.", at=["recipients.user_ids"])
    if not user_ids and not addresses:
        raise InvalidInputError("There is nobody to send it to.", at=["recipients"])
    return Recipients(user_ids=user_ids, addresses=addresses)


def readers(store: Store, project_id: int) -> tuple[RecipientInfo, ...]:
    """The project's users who may have reports. Blocking."""
    users = {user.id: user for user in store.memberships.users_of(project_id) if user.disabled_at is None}
    memberships = [m for m in store.memberships.of_users(users) if m.project_id == project_id]
    allowed = {membership.user_id for membership in memberships if _may_export(membership)}
    return tuple(
        RecipientInfo(user_id=user.id, name=name_of(user), email=user.email)
        for user in users.values()
        if user.id in allowed
    )


def _may_export(membership: Membership) -> bool:
    return Viewer.of(membership).may(Action.EXPORT)


def name_of(user: User) -> str:
    """What a user is called."""
    return user.name or user.login


def names(store: Store, project_id: int) -> dict[int, str]:
    """What the project's users are called, the disabled too. Blocking."""
    return {user.id: name_of(user) for user in store.memberships.users_of(project_id)}


def own_or_all(viewer: Viewer, user_id: int, what: str) -> None:
    """What somebody asked for is theirs and the administrators'; for others it does not exist.

    Raises:
        NotFoundError: it is somebody else's.
    """
    if user_id != viewer.user_id and not viewer.may(Action.CHANGE_SETTINGS):
        raise NotFoundError(f"There is no such {what}.")
