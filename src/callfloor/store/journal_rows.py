"""What the journal answers: a line of the table, a whole call, totals. Instants and durations as everywhere."""

import msgspec

from callfloor.floor.calls import CallRecord, CallResult, CallType
from callfloor.store.call_filter import Mark


class JournalPerson(msgspec.Struct, frozen=True, kw_only=True):
    """One employee's account in a call: who had it and where they worked when it was written; names as now."""

    account: str
    employee_id: int | None
    employee_name: str | None
    department_id: int | None
    department_name: str | None
    answered: bool
    missed: bool
    taken_elsewhere: bool
    ring_s: float
    talk_s: float


class JournalRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the journal."""

    call_id: str
    type: CallType
    result: CallResult
    abandoned_in: str | None  # ivr | queue
    client_number: str | None
    client_e164: str | None
    business_number: str | None
    number_label: str | None  # as the directory has it now
    source: str | None  # as the directory has it now
    scheme: str | None
    route: tuple[str, ...]
    started_at: float
    answered_at: float | None
    ended_at: float
    waiting_s: float
    ivr_s: float
    queue_s: float
    ringing_s: float
    talk_s: float
    hold_s: float
    duration_s: float
    hung_up_by: str | None
    people: tuple[JournalPerson, ...]
    queues: tuple[str, ...]
    marks: tuple[Mark, ...]
    tags: tuple[str, ...]
    notes: int  # how many
    recorded: bool  # the PBX named a recording
    cost: str | None  # a decimal number; None: no tariff says
    currency: str | None  # ISO 4217
    partial: bool
    repaired: bool  # told by the PBX's own records afterwards


class JournalRows(msgspec.Struct, frozen=True, kw_only=True):
    """Some lines in the order asked for, and where to go on from, either way. None: there are no more that way now."""

    rows: tuple[JournalRow, ...]
    next_cursor: str | None
    previous_cursor: str | None


class CallNote(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wrote about a call."""

    id: int
    at: float
    user_id: int | None
    user_name: str | None  # as it was then
    text: str


class ClientHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The client as people know them: their calls before an instant, as far as the viewer sees them."""

    client_e164: str
    calls: int
    first_at: float | None
    last_at: float | None
    last_employee_id: int | None  # who talked to them last
    last_employee_name: str | None
    spam: bool
    recent: tuple[JournalRow, ...]  # newest first, at most 10


class WholeCall(msgspec.Struct, frozen=True, kw_only=True):
    """Everything kept of one call."""

    row: JournalRow
    record: CallRecord
    notes: tuple[CallNote, ...]
    client: ClientHistory | None  # before this call; None: the client's number is unknown


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Calls added up. A mean is its sum divided by its n; a mean, share or ratio of nothing is None.

    Spam counts in ``calls`` and ``spam`` and nowhere else, unless the project says otherwise.
    """

    calls: int = 0
    inbound: int = 0
    received: int = 0  # inbound, answered
    missed: int = 0  # by the company: inbound, ended without anyone answering
    abandoned: int = 0  # of missed
    outbound: int = 0
    outbound_answered: int = 0
    callback: int = 0
    callback_answered: int = 0
    internal: int = 0
    unique: int = 0
    repeat: int = 0
    target: int = 0
    successful: int = 0
    spam: int = 0
    talk_s: float = 0.0
    talk_n: int = 0  # calls with a conversation
    inbound_talk_s: float = 0.0
    inbound_talk_n: int = 0
    outbound_talk_s: float = 0.0
    outbound_talk_n: int = 0
    waiting_s: float = 0.0  # of received calls
    waiting_n: int = 0
    missed_waiting_s: float = 0.0  # of missed calls
    duration_s: float = 0.0
    cost: tuple[tuple[str, str], ...] = ()  # (currency, decimal sum), by currency
    average_talk_s: float | None = None
    average_inbound_talk_s: float | None = None
    average_outbound_talk_s: float | None = None
    average_waiting_s: float | None = None
    answered_ratio: float | None = None  # received ÷ (received + missed)
    conversion: float | None = None  # target or successful, by setting, ÷ calls


class TotalsGroup(msgspec.Struct, frozen=True, kw_only=True):
    """One group's totals. ``key`` goes back into the filter: an id, a number, an hour, a day's first day."""

    key: str | None  # None: calls without one
    label: str | None  # a name, where the directory has one
    totals: Totals


class JournalTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Totals over a filter, and over the same filter in the period of equal length just before."""

    totals: Totals
    previous: Totals | None
