"""One client taken out, what is too old deleted, an employee's name gone: whole, resumable, figures as they were."""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from sqlalchemy import select

from callfloor.errors import InvalidInputError, JobInterruptedError, NotFoundError
from callfloor.floor.calls import CallRecord, CallResult, ExternalPart, StoryStep
from callfloor.floor.past_survey import Survey
from callfloor.floor.supervisions import SupervisionRecord, Way
from callfloor.store import ProjectStore, Store
from callfloor.store.block_writer import _refs, load
from callfloor.store.blocks import order_of
from callfloor.store.call_filter import CallFilter, Grouping
from callfloor.store.callbacks import Reason
from callfloor.store.erasure import Erased
from callfloor.store.jobs import JobState
from callfloor.store.memberships import Role
from callfloor.store.past_blocks import Packed, Span, packed, unpacked
from callfloor.store.spelled import TOMBSTONE, Number
from callfloor.store.tables import OWNED
from support.web_floor import NOW, record
from support.web_messages import fax, voicemail

CLIENT, OTHER = "+48600100207", "+48511222333"
NATIONAL = CLIENT[3:]
NAME = f"{TOMBSTONE}1234567890"
DAY = 86_400.0
EVERYTHING = CallFilter(started_from=0.0, started_to=4e9)


@pytest.fixture
def project(store: Store) -> ProjectStore:
    made = store.projects.add("One", timezone="Europe/Warsaw", country="PL", language="pl", now=1.0)
    return store.project(made.id)


def call(number: int, client: str | None, at: float, **fields: Any) -> CallRecord:
    e164 = client if client is None or client.startswith("+") else None
    told = {"client_number": client and client.removeprefix("+48"), "client_e164": e164, **fields}
    return msgspec.structs.replace(record(f"1-{number}", "101", started_at=at), **told)


def going(_done: int, _of: int | None = None) -> None:
    """Nobody stops it."""


def everywhere(store: Store, project: ProjectStore) -> str:
    """Everything that the database has of a project, as one text."""
    found: list[str] = []
    scope = project.erasure._scope
    with scope.reading() as connection:
        for table in OWNED:
            for row in connection.execute(select(table).where(scope.within(table))).mappings():
                for name, value in row.items():
                    found.append(unpacked(bytes(value)).decode() if table.name == "past_blocks" and name == "content"
                                 else str(value))  # fmt: skip
    return "\n".join(found)


def digits(project: ProjectStore) -> set[int]:
    """The clients' digits in the journal's columns."""
    scope = project.erasure._scope
    with scope.reading() as connection:
        blocks = [load(connection, scope, ref)["digits"] for ref in _refs(connection, scope)]
    return set(np.concatenate(blocks).tolist()) if blocks else set()


def fill(store: Store, project: ProjectStore) -> None:
    """A client in everything that there is, among others."""
    project.directory.add_employee("Anna", account_names=("101",))
    user = store.users.add("chief", name="Chief", password_hash="x", now=1.0)
    store.memberships.grant(user.id, project.project_id, Role.ADMINISTRATOR)
    story = (
        StoryStep(at=NOW - 900, what="arrived", number=NATIONAL),
        StoryStep(at=NOW - 890, what="recording", account="101", detail=f"in-{NATIONAL}.wav"),
    )
    missed = {"result": CallResult.MISSED, "answered_at": None, "talk_s": 0.0, "employees": ()}
    project.journal.write(
        [
            *(call(n, f"+48511{n:06}", NOW - 5000 + n) for n in range(200)),
            call(900, CLIENT, NOW - 900, story=story, recording=f"in-{NATIONAL}.wav", route=("48221234567", NATIONAL)),
            call(901, NATIONAL, NOW - 800),
            call(902, OTHER, NOW - 700, external=(ExternalPart(number=NATIONAL, talk_s=1.0),)),
            call(903, CLIENT, NOW - 600, **missed),
            *(call(1000 + n, f"+48522{n:06}", NOW - 500 + n) for n in range(200)),
        ]
    )
    project.annotations.add_note("1-900", user.id, "Chief", "He is nice.", NOW)
    project.annotations.add_note("1-902", user.id, "Chief", f"About 600-100-207, and {OTHER}.", NOW)
    project.annotations.set_tags("1-902", [f"of {NATIONAL}", "kept"])
    project.callbacks.close(
        CLIENT, Reason.OTHER, note=f"see {CLIENT}", user_id=user.id, user_name="Chief", at=NOW
    )  # fmt: skip
    project.journal.write([call(904, CLIENT, NOW + 10, **missed)])
    project.spam.put(CLIENT, "hand", "Chief", NOW)
    of = {NATIONAL: CLIENT}.get
    left = voicemail("101", caller_number=NATIONAL, caller_name="Jan Kowalski")
    project.voicemails.apply([left, voicemail("101", 1)], [], at=NOW, calls_of={}, e164=of)
    project.faxes.put(
        fax("1-900", number=NATIONAL, e164=CLIENT, station=NATIONAL, files=(f"/fax/{NATIONAL}.tif",)),
        keeping="kept", kept_files=("2023/1.tif",), kept_pages=1,
    )  # fmt: skip
    project.supervisions.open(
        SupervisionRecord(
            id="s", user_id=user.id, user_name="Chief", call_id="1-900", way=Way.BROWSER, phone=None,
            reason="of 600 100 207", started_at=NOW, connected_at=None, ended_at=NOW + 5, modes=(), followed=(),
            ending=None, ending_detail=None,
        )
    )  # fmt: skip
    project.audit.write(at=NOW, user_id=user.id, user_login="chief", action="x", outcome="done", details={"n": CLIENT})
    job = project.jobs.put("export", {"query": f"client=%2B{CLIENT[1:]}"}, user_id=user.id, at=NOW)
    project.jobs.take(job.id, at=NOW)
    project.jobs.finish(job.id, JobState.DONE, at=NOW, result={"filters": f"Client: {CLIENT}"})
    survey = Survey()
    text = f'{{"client_number":"{NATIONAL}","client_e164":"{CLIENT}","other":"{OTHER}"}}'.encode()
    span = Span(round((NOW - 1000) * 1000), round((NOW - 500) * 1000))
    project.past.put(Packed(span, survey, packed(text)))


def erased(project: ProjectStore, progress: Callable[..., None] = going) -> Erased:
    return project.erasure.erase(CLIENT, NAME, progress)


def test_a_client_is_nowhere_any_more_and_what_is_counted_stays(store: Store, project: ProjectStore) -> None:
    fill(store, project)
    before = project.journal.totals(EVERYTHING)
    days = project.journal.groups(EVERYTHING, Grouping.DAY)
    assert NATIONAL in everywhere(store, project)
    assert project.journal.count(msgspec.structs.replace(EVERYTHING, number_part=NATIONAL)) == 4
    assert order_of(CLIENT) in digits(project) or project.journal.unfolded()
    made = erased(project)
    assert (made.calls, made.notes, made.messages, made.files) == (5, 1, 2, ("2023/1.tif",))
    left = everywhere(store, project)
    assert NATIONAL not in left
    assert Number(CLIENT).without(left, "!") == left, "nor in any other spelling"
    assert "Kowalski" not in left
    assert "He is nice" not in left
    assert OTHER in left
    assert order_of(CLIENT) not in digits(project)
    assert order_of(NATIONAL) not in digits(project)
    assert project.journal.count(msgspec.structs.replace(EVERYTHING, number_part=NATIONAL)) == 0
    assert project.journal.totals(EVERYTHING) == before, "uniques, talk and all: nobody can say whose they are"
    assert project.journal.groups(EVERYTHING, Grouping.DAY) == days
    whole = project.journal.whole("1-900")
    assert (whole.row.client_e164, whole.row.recorded, whole.row.route) == (NAME, False, ("48221234567", NAME))
    assert [step.what for step in whole.record.story] == ["arrived"]
    assert project.journal.client(NAME, None).calls >= 3, "the pseudonym is a client like any other"
    beside = project.journal.whole("1-902")
    assert beside.notes[0].text == f"About {NAME}, and {OTHER}."
    assert beside.row.tags == ("kept",)
    assert beside.record.external[0].number == NAME
    assert {each["client_e164"] for each in project.erasure.callbacks(NAME)} == {NAME}
    assert project.erasure.callbacks(CLIENT) == []
    assert [each.number for each in project.spam.numbers()] == [NAME]
    again = erased(project)
    assert (again.calls, again.notes, again.messages) == (0, 0, 0)
    project.callbacks.rebuild()
    assert NATIONAL not in everywhere(store, project), "nothing brings it back"


def test_whoever_is_stopped_in_the_middle_goes_on(store: Store, project: ProjectStore) -> None:
    fill(store, project)
    before = project.journal.totals(EVERYTHING)
    for stops_at in range(1, 40, 3):
        left = stops_at

        def stopped(_done: int, _of: int | None = None) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise JobInterruptedError

        try:
            erased(project, stopped)
        except JobInterruptedError:
            continue
        break
    else:
        raise AssertionError("it never came to its end")
    assert NATIONAL not in everywhere(store, project)
    assert project.journal.totals(EVERYTHING) == before


@pytest.mark.parametrize("number", ["600100207", "+0001234567890", "anybody", "+48"])
def test_only_a_number_of_somebodys_is_taken_out(project: ProjectStore, number: str) -> None:
    with pytest.raises(InvalidInputError):
        project.erasure.erase(number, NAME, going)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("+48600100207", True),
        ("0048600100207", True),
        ("48 600 100 207", True),
        ("0600100207", True),
        ("(600) 100-207.", True),
        ("16001002070", False),
        ("+47600100207", False),
        ("600100208", False),
        ("100207", False),
    ],
)
def test_a_number_is_found_however_it_is_spelled_and_no_other(text: str, found: bool) -> None:
    assert (Number(CLIENT).without(text, "!") != text) is found


def test_what_is_too_old_goes_and_the_rest_is_as_it_was(store: Store, project: ProjectStore) -> None:
    old = [call(n, f"+48511{n:06}", NOW - 20 * DAY + n * 60) for n in range(300)]
    kept = [call(1000 + n, f"+48511{n + 100:06}", NOW - 5 * DAY + n) for n in range(300)]
    project.directory.add_employee("Anna", account_names=("101",))
    project.journal.write(old)
    project.journal.write([*kept, call(5000, NATIONAL, NOW - 19 * DAY)])  # one of those that nobody has in columns
    project.annotations.add_note("1-5", None, "Chief", "Old.", NOW)
    cut = NOW - 10 * DAY
    since = msgspec.structs.replace(EVERYTHING, started_from=cut)
    after = project.journal.totals(since)
    assert project.retention.first_kept() is None
    stops = iter([False, False, True])

    def stopped(_rows: int) -> None:
        if next(stops, False):
            raise JobInterruptedError

    with pytest.raises(JobInterruptedError):
        project.retention.calls(cut, stopped)
    assert project.journal.totals(EVERYTHING) == after, "what is to go is seen by nobody from the first step on"
    project.retention.calls(cut, lambda _rows: None)
    assert project.retention.first_kept() == cut
    assert project.journal.totals(EVERYTHING) == after == project.journal.totals(since)
    assert project.journal.count(EVERYTHING) == 300
    left = everywhere(store, project)
    assert "+48511000099" not in left, "of whom no call is left, no number is either"
    assert NATIONAL not in left
    assert "+48511000100" in left
    assert "Old." not in left
    assert project.journal.count(msgspec.structs.replace(EVERYTHING, number_part="511000099")) == 0
    assert project.journal.count(msgspec.structs.replace(EVERYTHING, number_part="511000100")) == 1
    with pytest.raises(NotFoundError):
        project.journal.get("1-5")
    project.journal.write([call(7000, "+48511000099", NOW)])
    assert project.journal.count(EVERYTHING) == 301, "and calls go on being written"
    assert project.retention.calls(cut, lambda _rows: None) == 0


def test_old_messages_deeds_and_sessions_go(store: Store, project: ProjectStore) -> None:
    fill(store, project)
    assert project.retention.messages(NOW + 1, lambda _rows: None) == ("2023/1.tif",)
    assert project.retention.messages(NOW + 1, lambda _rows: None) == ()
    project.retention.supervisions(NOW + 6, lambda _rows: None)
    assert project.supervisions.page().records == ()
    project.retention.audit(NOW, lambda _rows: None)
    assert len(project.audit.page().entries) == 1
    project.retention.audit(NOW + 1, lambda _rows: None)
    assert project.audit.page().entries == ()


def test_an_employee_who_leaves_has_no_name_any_more(store: Store, project: ProjectStore) -> None:
    fill(store, project)
    anna = project.directory.load().employees[0]
    user = store.users.add("anna", name="Anna Nowak", password_hash="x", now=1.0)
    store.memberships.grant(user.id, project.project_id, Role.EMPLOYEE, employee_id=anna.id)
    project.annotations.add_note("1-902", user.id, "Anna Nowak", "Mine.", NOW)
    project.audit.write(at=NOW, user_id=user.id, user_login="anna", action="x", outcome="done")
    project.leaving.forget(anna.id, f"#{anna.id}")
    assert project.directory.load().employees[0].name == f"#{anna.id}"
    assert {each.user_name for each in project.journal.whole("1-902").notes} == {"Chief", f"#{anna.id}"}
    assert project.audit.page().entries[0].user_login == f"#{anna.id}"
    assert project.journal.whole("1-902").row.people[0].employee_name == f"#{anna.id}"
    assert "Anna" not in everywhere(store, project)
    with pytest.raises(NotFoundError):
        project.leaving.forget(999, "#999")
