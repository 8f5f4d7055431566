"""The directory as a table of text, both ways: what an export gives and an import takes. Pure. See docs/settings.md.

The first line names the columns, in any order; those of ``COLUMNS`` are known, and a column that is not there leaves
what it would say as it is. ``record`` says what a line is of. Fields are parted by commas, semicolons or tabs.

A spreadsheet takes a cell that begins with ``= + - @`` for a formula, and a long number for a number: such a text has
an apostrophe before it, which is taken off again when it is read.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from callfloor.errors import InvalidInputError
from callfloor.store.directory_entries import AccountEntry, DepartmentEntry, Entries
from callfloor.store.directory_rows import checked_name

COLUMNS = (
    *("record", "id", "name", "department", "accounts", "label", "source", "scheme", "kind"),
    *("order", "patterns", "trunks", "state"),
)
RECORDS = ("department", "employee", "queue", "number", "trunk", "route")
NUMBER_KINDS = ("geographic", "toll_free", "internal", "mobile")
TRUNK_KINDS = ("pjsip", "sip", "iax2", "dahdi")
ACCOUNT_KINDS = ("sip", "webrtc", "analogue", "mobile")
MOST_LINES = 50_000
MOST_ERRORS = 100
"""More are not told; they would not be read either."""

_NUMBER = re.compile(r"[!-~]{1,64}")  # a DID may be a pattern: _48[2-9]X.
_FORMULA = re.compile(r"[=+\-@\t\r']|[0-9]{12}|0[0-9]")
_STATES = {
    "department": ("",),
    "employee": ("", "working", "left"),
    "queue": ("", "removed"),
    "number": ("", "removed"),
    "trunk": ("", "working", "disabled", "removed"),
    "route": ("", "removed"),
}
_TEXTS = {
    "queue": ("label",),
    "number": ("label", "source", "scheme", "kind"),
    "trunk": ("label", "kind"),
    "route": ("label", "order", "patterns", "trunks"),
}
_KINDS = {"number": NUMBER_KINDS, "trunk": TRUNK_KINDS}
_LONG = {"patterns": 20_000, "trunks": 20_000}
_SEPARATOR = re.compile(r"(?<!/)/(?!/)")

State = Literal["", "working", "left", "disabled", "removed"]
Path = tuple[str, ...]
"""A department by its name and those above it, the topmost first."""


class DirectoryFault(msgspec.Struct, frozen=True, kw_only=True):
    """Something that hinders an import."""

    line: int  # of the text, from 1
    column: str | None
    reason: (
        str  # empty | unknown_column | twice_named | missing_column | fields | record | name | path | account | kind
    )
    # | state | number | text | id | order | same | ambiguous | several | unknown | account_taken | loop | taken
    # | too_many
    value: str | None = None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line as it was read. None: the file does not say; of a text, "" is nothing at all."""

    line: int
    record: str
    id: int | None
    name: str
    department: Path | None
    accounts: tuple[AccountEntry, ...] | None  # of kind "": a known one keeps its kind, a new one is sip
    texts: dict[str, str]  # label, source, scheme, kind, order, patterns, trunks: as far as the file has them
    state: State


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a text holds. Where there are errors, the lines are those without."""

    lines: tuple[Line, ...]
    errors: tuple[DirectoryFault, ...]


def read(text: str) -> Read:
    """The lines of a text, and every error that is found, up to ``MOST_ERRORS``."""
    text = text.removeprefix("\ufeff")
    errors: list[DirectoryFault] = []
    lines: list[Line] = []
    names: list[str] | None = None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for fields in reader:
            line = reader.line_num
            if not any(field.strip() for field in fields):
                continue
            if names is None:
                names = [field.strip().lower() for field in fields]
                errors += _head(names, line)
                if errors:
                    break
                continue
            if len(errors) >= MOST_ERRORS:
                break
            if len(lines) == MOST_LINES:
                errors.append(DirectoryFault(line=line, column=None, reason="too_many", value=str(MOST_LINES)))
                break
            if len(fields) != len(names):
                errors.append(DirectoryFault(line=line, column=None, reason="fields", value=str(len(fields))))
                continue
            made = _line({n: _plain(f) for n, f in zip(names, fields, strict=True)}, line)
            if isinstance(made, Line):
                lines.append(made)
            else:
                errors += made
    except csv.Error:
        errors.append(DirectoryFault(line=reader.line_num, column=None, reason="fields"))
    if names is None and not errors:
        errors.append(DirectoryFault(line=1, column=None, reason="empty"))
    return Read(lines=tuple(lines), errors=tuple(errors[:MOST_ERRORS]))


def write(entries: Entries, *, delimiter: str = ",") -> str:
    """The whole directory as text, but for those who left; ``read`` gives the same again."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_safe(cell) for cell in row] for row in _rows(entries))
    return out.getvalue()


def _rows(entries: Entries) -> Iterator[tuple[str, ...]]:
    paths = paths_of(entries.departments)

    def path(department_id: int | None) -> str:
        return "" if department_id is None or department_id not in paths else path_text(paths[department_id])

    for department in sorted(entries.departments, key=lambda each: paths[each.id]):
        above = path_text(paths[department.id][:-1])
        yield _row(record="department", id=str(department.id), name=department.name, department=above)
    for person in entries.employees:
        yield _row(
            record="employee",
            id=str(person.id),
            name=person.name,
            department=path(person.department_id),
            accounts=accounts_text(person.accounts),
            state="working",
        )
    for queue in entries.queues:
        yield _row(record="queue", name=queue.name, department=path(queue.department_id), label=queue.label)
    for each in entries.numbers:
        yield _row(
            record="number",
            name=each.number,
            label=each.label,
            source=each.source,
            scheme=each.scheme,
            kind=each.kind,
        )
    for trunk in entries.trunks:
        state = "disabled" if trunk.disabled else "working"
        yield _row(record="trunk", name=trunk.name, label=trunk.label, kind=trunk.tech, state=state)
    for route in entries.routes:
        yield _row(
            record="route",
            name=route.name,
            label=route.label,
            order=None if route.position is None else str(route.position),
            patterns=" ".join(route.patterns),
            trunks=names_text(route.trunks),
        )


def _row(**cells: str | None) -> tuple[str, ...]:
    return tuple(cells.get(column) or "" for column in COLUMNS)


def paths_of(departments: Iterable[DepartmentEntry]) -> dict[int, Path]:
    """Each department's path."""
    by_id = {each.id: each for each in departments}
    found: dict[int, Path] = {}
    for each in by_id.values():
        path: list[str] = []
        here: DepartmentEntry | None = each
        while here is not None and len(path) <= len(by_id):
            path.insert(0, here.name)
            here = None if here.parent_id is None else by_id.get(here.parent_id)
        found[each.id] = tuple(path)
    return found


def path_text(path: Path) -> str:
    """``Sales / Key accounts``; a slash within a name is doubled."""
    return " / ".join(name.replace("/", "//") for name in path)


def accounts_text(accounts: Iterable[AccountEntry]) -> str:
    """``PJSIP/101 | mobile:+48600100200``: with the kind before it, but for SIP; a bar within one is doubled."""
    return " | ".join(_account_text(each).replace("|", "||") for each in accounts)


def names_text(names: Iterable[str]) -> str:
    """``kyivstar | backup``; a bar within one is doubled."""
    return " | ".join(name.replace("|", "||") for name in names)


def names_of(text: str) -> tuple[str, ...]:
    """The names of ``names_text``, each once."""
    parts = re.split(r"(?<!\|)\|(?!\|)", text) if text else ()
    return tuple(dict.fromkeys(part.strip().replace("||", "|") for part in parts))


def _account_text(entry: AccountEntry) -> str:
    says = (entry.kind != "sip" and entry.kind in ACCOUNT_KINDS) or _has_kind(entry.account)
    return f"{entry.kind}:{entry.account}" if says else entry.account


def _has_kind(text: str) -> bool:
    return text.partition(":")[0] in ACCOUNT_KINDS and ":" in text


def _safe(text: str) -> str:
    return "'" + text if _FORMULA.match(text) and (not text.startswith("'") or _FORMULA.match(text[1:])) else text


def _plain(text: str) -> str:
    text = text.strip()
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def _delimiter(text: str) -> str:
    head = text.lstrip().partition("\n")[0]
    return max(",;\t", key=head.count)


def _head(names: list[str], line: int) -> list[DirectoryFault]:
    errors = [
        DirectoryFault(line=line, column=name[:80], reason="unknown_column" if name not in COLUMNS else "twice_named")
        for place, name in enumerate(names)
        if name not in COLUMNS or name in names[:place]
    ]
    return errors + [
        DirectoryFault(line=line, column=name, reason="missing_column")
        for name in ("record", "name")
        if name not in names
    ]


def _line(given: Mapping[str, str], line: int) -> Line | list[DirectoryFault]:
    errors: list[DirectoryFault] = []

    def wrong(column: str, reason: str) -> None:
        errors.append(DirectoryFault(line=line, column=column, reason=reason, value=given.get(column, "")[:80]))

    record, state = given["record"].lower(), given.get("state", "").lower()
    if record not in RECORDS:
        wrong("record", "record")
        return errors
    name = given["name"]
    if record == "number":
        name = re.sub(r"[\s()\u00a0\u2007\u202f]", "", name)
        if not _NUMBER.fullmatch(name):
            wrong("name", "number")
    elif not _is_name(name):
        wrong("name", "name")
    if state not in _STATES[record]:
        wrong("state", "state")
    number = given.get("id", "") if record in {"department", "employee"} else ""
    if number and not (number.isascii() and number.isdigit() and len(number) <= 15):
        wrong("id", "id")
        number = ""
    path = None
    if "department" in given and record in {"department", "employee", "queue"}:
        path = _path(given["department"])
        if path is None:
            wrong("department", "path")
    accounts = None
    if record == "employee" and "accounts" in given:
        accounts = _accounts(given["accounts"])
        if accounts is None:
            wrong("accounts", "account")
    texts = {each: given[each] for each in _TEXTS.get(record, ()) if each in given}
    for each, text in texts.items():
        if len(text) > _LONG.get(each, 200) or any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
            wrong(each, "text")
    if kind := texts.get("kind", "").lower().replace("-", "_"):
        texts["kind"] = kind
        if kind not in _KINDS[record]:
            wrong("kind", "kind")
    if (order := texts.get("order")) and not (order.isascii() and order.isdigit() and 1 <= int(order[:6]) < 100_000):
        wrong("order", "order")
    if "patterns" in texts:
        texts["patterns"] = " ".join(texts["patterns"].split())
    if "trunks" in texts and not all(map(_is_name, names_of(texts["trunks"]))):
        wrong("trunks", "name")
    return errors or Line(
        line=line,
        record=record,
        id=int(number) if number else None,
        name=name,
        department=path,
        accounts=accounts,
        texts=texts,
        state=state,  # type: ignore[arg-type]  # one of _STATES
    )


def _is_name(text: str) -> bool:
    try:
        return checked_name(text) == text
    except InvalidInputError:
        return False


def _path(text: str) -> Path | None:
    if not text:
        return ()
    names = tuple(part.strip().replace("//", "/") for part in _SEPARATOR.split(text))
    return names if all(_is_name(name) for name in names) else None


def _accounts(text: str) -> tuple[AccountEntry, ...] | None:
    found: dict[str, str] = {}
    for part in re.split(r"(?<!\|)\|(?!\|)", text) if text else ():
        account, kind = part.strip().replace("||", "|"), ""
        if _has_kind(account):
            kind, _, account = account.partition(":")
            account = account.strip()
        if not _is_name(account) or account in found:
            return None
        found[account] = kind
    return tuple(AccountEntry(account=account, kind=kind) for account, kind in sorted(found.items()))
