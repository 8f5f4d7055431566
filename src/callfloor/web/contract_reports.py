"""The shapes of exports, letters and schedules in the REST API. Instants are UTC epoch seconds."""

from typing import Annotated

import msgspec
from msgspec import Meta

from callfloor.store.call_filter import Grouping
from callfloor.store.deliveries import DeliveryState
from callfloor.store.report_asks import LONGEST_NAME, MOST_ADDRESSES, MOST_DAYS, Every, Form, Period, What

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
Address = Annotated[str, Meta(min_length=3, max_length=254)]


class ReportWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a report is of. ``query`` is the journal's: its filter, in the words of GET /journal."""

    what: What
    form: Form
    query: Annotated[str, Meta(max_length=8000)] = ""
    by: Grouping = Grouping.DAY  # of totals
    columns: Annotated[tuple[Annotated[str, Meta(max_length=40)], ...], Meta(max_length=40)] = ()
    language: Annotated[str, Meta(pattern="^(en|ru|pl|uk)$")] = "en"
    bom: bool = True  # of CSV: so that Excel reads it as UTF-8


class RecipientsWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who gets it: users of the project, each with their own sight; outside addresses, which administrators enter."""

    user_ids: Annotated[tuple[Annotated[int, Meta(ge=1, le=2**53 - 1)], ...], Meta(max_length=MOST_ADDRESSES)] = ()
    addresses: Annotated[tuple[Address, ...], Meta(max_length=MOST_ADDRESSES)] = ()


class LettersWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report that is to be sent now."""

    name: Name
    report: ReportWanted
    recipients: RecipientsWanted


class WhenWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a report goes out, by the project's clocks, and of which days, seen from then."""

    every: Every
    minute: Annotated[int, Meta(ge=0, le=1439)]  # of the day
    weekday: Annotated[int, Meta(ge=0, le=6)] = 0  # of every week; 0 is Monday
    month_day: Annotated[int, Meta(ge=1, le=31)] = 1  # of every month; its last day where it is shorter
    period: Period
    days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] = 7  # of last_days


class ScheduleWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report that goes out by itself. The days in its query are passed over: ``when`` says of which days it is."""

    name: Name
    when: WhenWanted
    report: ReportWanted
    recipients: RecipientsWanted
    paused: bool = False


class ReportInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is of."""

    what: What
    form: Form
    query: str
    by: Grouping
    columns: tuple[str, ...]
    language: str
    bom: bool


class WhenInfo(msgspec.Struct, frozen=True, kw_only=True):
    """When a report goes out, and of which days."""

    every: Every
    minute: int
    weekday: int
    month_day: int
    period: Period
    days: int


class RecipientsInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets it."""

    user_ids: tuple[int, ...]
    addresses: tuple[str, ...]


class ScheduleInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A report that goes out by itself."""

    id: int
    name: str
    user_id: int
    user_name: str
    when: WhenInfo
    report: ReportInfo
    recipients: RecipientsInfo
    paused: bool
    next_at: float  # while it is paused: when it would be


class ScheduleList(msgspec.Struct, frozen=True, kw_only=True):
    """Schedules, the first made first: one's own; an administrator sees all."""

    schedules: tuple[ScheduleInfo, ...]


class DeliveryInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One letter to one recipient."""

    id: int
    schedule_id: int | None  # null: sent by hand
    name: str
    user_id: int
    user_name: str
    to: str  # a user's name, or an outside address
    address: str | None
    what: What
    form: Form
    asked_at: float
    due_at: float
    late: bool
    state: DeliveryState
    tries: int
    next_try_at: float | None  # null: it has ended
    ended_at: float | None
    error: str | None  # the mail server's words, or why there is none
    file: str | None
    bytes: int | None
    rows: int | None


class DeliveryList(msgspec.Struct, frozen=True, kw_only=True):
    """Letters, the latest first: those that one asked for; an administrator sees all."""

    deliveries: tuple[DeliveryInfo, ...]


class RecipientInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A user who may have reports."""

    user_id: int
    name: str
    email: str | None


class ReportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What reports can be made of, and to whom they can be sent."""

    mail: bool  # whether Callfloor was told how to send mail
    outside: bool  # whether one may enter outside addresses
    call_columns: tuple[str, ...]
    usual_call_columns: tuple[str, ...]
    totals_columns: tuple[str, ...]
    recipients: tuple[RecipientInfo, ...]


class EmailWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a user gets reports; null: nowhere."""

    email: Address | None


SHAPES = (
    ReportWanted,
    LettersWanted,
    ScheduleWanted,
    ScheduleInfo,
    ScheduleList,
    DeliveryList,
    ReportOptions,
    RecipientInfo,
    EmailWanted,
)

ASKED = frozenset({"ReportWanted", "RecipientsWanted", "LettersWanted", "WhenWanted", "ScheduleWanted", "EmailWanted"})
