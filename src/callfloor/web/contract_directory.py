"""The shapes of the directory's edits. ``revision`` is of what the editor saw; left out, whoever asks does not mind."""

from typing import Annotated, Literal

import msgspec

from callfloor.store.directory_entries import (
    AccountEntry,
    DepartmentEntry,
    EmployeeEntry,
    Entries,
    NumberEntry,
    QueueEntry,
    RouteEntry,
    TrunkEntry,
)
from callfloor.store.directory_import import DirectoryImported

LONGEST_FILE = 8_000_000
"""Characters of a file: 50,000 lines of 160."""

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
_Id = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=_PLAIN)]
_Text = Annotated[str, msgspec.Meta(max_length=200, pattern=_PLAIN)]
Revision = Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[0-9a-z]*$")]


class AccountAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account as the PBX names the endpoint, or a whole telephone number (a mobile one, for FMC)."""

    account: _Name
    kind: Literal["sip", "webrtc", "analogue", "mobile"] = "sip"


_Accounts = Annotated[tuple[AccountAsked, ...], msgspec.Meta(max_length=100)]


class EmployeePut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An employee as they are to be, whole."""

    name: _Name
    department_id: _Id | None = None
    accounts: _Accounts = ()
    revision: Revision | None = None


class EmployeeReturns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """They work here again, with those of these accounts that nobody has meanwhile."""

    accounts: _Accounts = ()


class EmployeeLeaves(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of the user account of an employee who leaves.

    ``shut_out``: they can sign in no more; where their account belongs to a project that you do not administer, too,
    they enter this project no more.
    """

    revision: Revision | None = None
    account: Literal["keep", "shut_out"] = "keep"


class DepartmentPut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A department as it is to be."""

    name: _Name
    parent_id: _Id | None = None
    revision: Revision | None = None


class DepartmentMerge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Into which department everything of this one goes."""

    into_id: _Id
    revision: Revision | None = None


class QueuePut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people call a queue, and whose it is. As ``revision``, ``new`` is of one that must not be there yet."""

    label: _Text | None = None
    department_id: _Id | None = None
    revision: Revision | None = None


class TrunkPut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people call a line to a carrier. As ``revision``, ``new`` is of one that must not be there yet."""

    label: _Text | None = None
    tech: Literal["pjsip", "sip", "iax2", "dahdi"] | None = None
    disabled: bool = False
    revision: Revision | None = None


_Pattern = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x20\x7f]+$")]


class RoutePut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An outbound route as it is to be. As ``revision``, ``new`` is of one that must not be there yet."""

    label: _Text | None = None
    position: Annotated[int, msgspec.Meta(ge=1, le=99_999)] | None = None
    patterns: Annotated[tuple[_Pattern, ...], msgspec.Meta(max_length=500)] = ()
    trunks: Annotated[tuple[_Name, ...], msgspec.Meta(max_length=100)] = ()
    revision: Revision | None = None


class DirectoryImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The directory as a table of text (see the documentation on settings). Dry: only told what would come of it."""

    text: Annotated[str, msgspec.Meta(max_length=LONGEST_FILE)]
    dry: bool = True
    absent: Literal["stay", "leave"] = "stay"  # what becomes of employees of whom the file says nothing
    revision: Revision | None = None  # of the dry run's answer: what it was compared with


class PhotoKept(msgspec.Struct, frozen=True, kw_only=True):
    """An employee's photo: its digest, by which its address changes; null: they have none."""

    photo: str | None


class ProjectEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The project itself."""

    id: int
    name: str
    timezone: str  # IANA
    country: str  # ISO 3166-1 alpha-2: by which national numbers are read
    language: str
    created_at: float
    archived_at: float | None = None
    revision: str = ""


class ProjectArchive(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the project is to rest."""

    archived: bool


class ProjectRemoval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The project is to be removed for good: its name, typed once more."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class ProjectPut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The project as it is to be."""

    name: _Name
    timezone: Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/\-]+$")]
    country: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{2}$")]
    language: Literal["en", "ru", "pl", "uk"]
    revision: Revision | None = None


DIRECTORY_SHAPES = (
    Entries,
    DepartmentEntry,
    EmployeeEntry,
    AccountEntry,
    QueueEntry,
    NumberEntry,
    TrunkEntry,
    RouteEntry,
    DirectoryImported,
    PhotoKept,
    ProjectEntry,
    EmployeePut,
    EmployeeReturns,
    EmployeeLeaves,
    DepartmentPut,
    DepartmentMerge,
    QueuePut,
    TrunkPut,
    RoutePut,
    DirectoryImport,
    ProjectPut,
    ProjectArchive,
    ProjectRemoval,
)
DIRECTORY_ASKED = frozenset(
    kind.__name__
    for kind in (
        AccountAsked,
        EmployeePut,
        EmployeeReturns,
        EmployeeLeaves,
        DepartmentPut,
        DepartmentMerge,
        QueuePut,
        TrunkPut,
        RoutePut,
        DirectoryImport,
        ProjectPut,
        ProjectArchive,
        ProjectRemoval,
    )
)
