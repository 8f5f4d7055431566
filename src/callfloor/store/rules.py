"""The project's rules about people: part of its settings."""

import math
import re
from typing import Literal

import msgspec
from sqlalchemy import Connection, select, update

from callfloor.errors import InvalidInputError, NotFoundError, StoreDamagedError
from callfloor.store.scope import Scope
from callfloor.store.tables import projects
from callfloor.store.working_hours import DepartmentHours, Holiday, QueueHours, WorkingHours, check_hours

_KEY = "rules"
_CONTEXT = re.compile(r"[A-Za-z0-9._-]{1,79}")  # Asterisk keeps 79 characters of one (AST_MAX_CONTEXT)

MOST_SUPERVISIONS = 200
MOST_ON_CALL = 20
MOST_FORBIDDEN = 10_000
MOST_PAST_DAYS = 3650
MOST_KEPT_DAYS = 36_500


SuccessIs = Literal["target", "hand"]
MaskedRole = Literal["administrator", "analyst", "supervisor", "employee"]
MASKABLE: tuple[MaskedRole, ...] = ("administrator", "analyst", "supervisor", "employee")


class SupervisionPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What the project asks of whoever listens to its calls, beside the right to do so."""

    ask_reason: bool = False  # nobody begins without saying why
    tone: bool = False  # the employee hears a tone when somebody begins
    tell_employee: bool = False  # the employee's own page says that somebody is there
    forbidden_employee_ids: tuple[int, ...] = ()  # nobody listens to them
    most_at_once: int = 20  # sessions in the project
    most_on_call: int = 4  # sessions on one call


class KeepDays(msgspec.Struct, frozen=True, kw_only=True):
    """For how many days each thing is kept, today not counted; None: for ever."""

    calls: int | None = None  # the journal, with notes and tags; days that are added up stay
    recordings: int | None = None  # the PBX's files, where Callfloor may delete them
    messages: int | None = None  # voicemail that the PBX has deleted, and faxes
    audit: int | None = None
    supervisions: int | None = None


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the project counts, and what Callfloor does by itself."""

    missed_after_s: float = 5.0  # an employee's devices must ring longer than this for a call to be missed
    dnd_after_missed: int | None = None  # do-not-disturb after so many missed in a row; None: no such rule
    pause_is_dnd: bool = False  # paused in every queue counts as do-not-disturb
    working_hours: tuple[WorkingHours, ...] | None = None  # the project's; None: work has no hours
    offline_outside_hours: bool = True  # employees are offline outside their hours
    holidays: tuple[Holiday, ...] = ()
    department_hours: tuple[DepartmentHours, ...] = ()
    queue_hours: tuple[QueueHours, ...] = ()
    # Marks of finished calls (see ``mark_rules``): a change holds at once, for all calls there are.
    unique_depth_days: int | None = None  # a client is new again after so many days; None: never
    target_talk_s: float = 30.0  # a target call has at least so much talk
    success_is: SuccessIs = "target"  # target: a target call is successful, unless somebody said not; hand: who said so
    spam_counts: bool = False  # spam may be unique, repeat, target and successful, and counts in totals
    supervision: SupervisionPolicy = SupervisionPolicy()
    masked_roles: tuple[MaskedRole, ...] = ()  # who sees clients' numbers masked
    keep: KeepDays = KeepDays()
    past_days: int = 90  # the past floor is kept for so many days, and never longer than calls
    transfer_context: str | None = None  # the dialplan's context in which calls are sent on; None: as phones dial


class ProjectRules:
    """One project's rules. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def load(self) -> Rules:
        """As they are now.

        Raises:
            NotFoundError: there is no such project.
            StoreDamagedError: what is kept there is no rule.
        """
        with self._scope.reading() as connection:
            return load_rules(connection, self._scope)

    def masking_key(self) -> bytes:
        """By which clients' numbers become keys, and keys numbers (see ``masking``).

        Raises:
            NotFoundError: there is no such project.
        """
        with self._scope.reading() as connection:
            this = select(projects.c.masking_key).where(projects.c.id == self._scope.project_id)
            found = connection.execute(this).scalar()
        if found is None:
            raise NotFoundError("there is no such project")
        return bytes.fromhex(found)

    def set(self, rules: Rules) -> None:
        """These from now on; other settings stay.

        Raises:
            NotFoundError: there is no such project.
            InvalidInputError: a number is out of range.
        """
        _check(rules)
        with self._scope.editing() as connection:
            this = projects.c.id == self._scope.project_id
            settings = msgspec.json.decode(connection.execute(select(projects.c.settings).where(this)).scalar_one())
            settings[_KEY] = msgspec.to_builtins(rules)
            encoded = msgspec.json.encode(settings).decode()
            connection.execute(update(projects).where(this).values(settings=encoded))


def load_rules(connection: Connection, scope: Scope) -> Rules:
    """As ``ProjectRules.load``, within a transaction."""
    settings = connection.execute(select(projects.c.settings).where(projects.c.id == scope.project_id)).scalar()
    if settings is None:
        raise NotFoundError("there is no such project")
    return rules_in(settings)


def rules_in(settings: str) -> Rules:
    """The rules among a project's settings, as they are kept."""
    try:
        return msgspec.convert(msgspec.json.decode(settings).get(_KEY, {}), Rules)
    except (msgspec.MsgspecError, AttributeError):
        raise StoreDamagedError("the project's rules cannot be read; set them again") from None


def masked_roles_in(settings: str) -> frozenset[str]:
    """Who sees clients' numbers masked; everybody, where that cannot be read."""
    try:
        return frozenset(rules_in(settings).masked_roles)
    except StoreDamagedError:
        return frozenset(MASKABLE)


def _check(rules: Rules) -> None:
    if not (math.isfinite(rules.missed_after_s) and 0 <= rules.missed_after_s <= 600):
        raise InvalidInputError("a call is missed after 0 to 600 seconds of ringing")
    if rules.dnd_after_missed is not None and not 1 <= rules.dnd_after_missed <= 100:
        raise InvalidInputError("do-not-disturb comes after 1 to 100 missed calls")
    if rules.unique_depth_days is not None and not 1 <= rules.unique_depth_days <= 36_500:
        raise InvalidInputError("a client is new again after 1 to 36,500 days")
    if not (math.isfinite(rules.target_talk_s) and 0 <= rules.target_talk_s <= 86_400):
        raise InvalidInputError("a target call has 0 to 86,400 seconds of talk")
    _check_supervision(rules.supervision)
    if not 1 <= rules.past_days <= MOST_PAST_DAYS:
        raise InvalidInputError(f"the past floor is kept for 1 to {MOST_PAST_DAYS:,} days", at=["past_days"])
    if rules.transfer_context is not None and not _CONTEXT.fullmatch(rules.transfer_context):
        raise InvalidInputError("a context has up to 79 letters, digits, and . _ -", at=["transfer_context"])
    check_hours(rules)
    for days in msgspec.structs.astuple(rules.keep):
        if days is not None and not 1 <= days <= MOST_KEPT_DAYS:
            raise InvalidInputError(f"what is not kept for ever is kept for 1 to {MOST_KEPT_DAYS} days", at=["keep"])


def _check_supervision(policy: SupervisionPolicy) -> None:
    if not 1 <= policy.most_at_once <= MOST_SUPERVISIONS:
        raise InvalidInputError(f"1 to {MOST_SUPERVISIONS} may listen at once")
    if not 1 <= policy.most_on_call <= MOST_ON_CALL:
        raise InvalidInputError(f"1 to {MOST_ON_CALL} may listen to one call")
    if len(policy.forbidden_employee_ids) > MOST_FORBIDDEN:
        raise InvalidInputError(f"up to {MOST_FORBIDDEN} employees may be left out")
