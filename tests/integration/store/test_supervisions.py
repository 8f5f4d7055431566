"""What is kept of supervisions, and how they are looked for: on both databases."""

import msgspec
import pytest

from callfloor.errors import ConflictError, InvalidInputError, NotFoundError, RowRefusedError
from callfloor.floor.supervisions import Ending, Followed, Mode, ModeStretch, SupervisionRecord, Way
from callfloor.store.audit import AuditFilter
from callfloor.store.rules import Rules, SupervisionPolicy
from callfloor.store.store import ProjectStore, Store
from callfloor.store.supervision_rows import SupervisionFilter

BEGAN = 1_790_000_000.0


@pytest.fixture
def projects(store: Store) -> tuple[ProjectStore, ProjectStore]:
    """Two projects."""
    made = [
        store.projects.add(name, timezone="Europe/Kyiv", country="UA", language="uk", now=1.0)
        for name in ("Ours", "Theirs")
    ]
    return store.project(made[0].id), store.project(made[1].id)


@pytest.fixture
def ours(projects: tuple[ProjectStore, ProjectStore]) -> ProjectStore:
    """The one whose rows are looked at."""
    return projects[0]


def begun(number: int, **more: object) -> SupervisionRecord:
    """A session that has just begun; ``number`` s after the first."""
    at = BEGAN + number
    return SupervisionRecord(
        **{  # type: ignore[arg-type]
            "id": f"session-{number}",
            "user_id": 7,
            "user_name": "Лідія",
            "call_id": f"pbx1-{number}",
            "way": Way.BROWSER,
            "started_at": at,
            "modes": (ModeStretch(mode=Mode.LISTEN, muted=False, began_at=at),),
            **more,
        }
    )


def over(record: SupervisionRecord, at: float, ending: Ending = Ending.LEFT) -> SupervisionRecord:
    """The same at its end."""
    replace = msgspec.structs.replace
    return replace(
        record,
        connected_at=record.started_at + 0.5,
        ended_at=at,
        ending=ending,
        modes=tuple(each if each.ended_at is not None else replace(each, ended_at=at) for each in record.modes),
        followed=tuple(each if each.ended_at is not None else replace(each, ended_at=at) for each in record.followed),
    )


def test_a_session_is_kept_as_it_goes_on(ours: ProjectStore) -> None:
    anna = ours.directory.add_employee("Anna", account_names=["101"])
    first = begun(1, reason="a complaint\x00", phone="110", way=Way.PHONE)
    ours.supervisions.open(first)
    followed = (Followed(employee_id=anna.id, account="101", began_at=BEGAN + 2),)
    later = msgspec.structs.replace(
        first,
        connected_at=BEGAN + 2,
        followed=followed,
        modes=(
            msgspec.structs.replace(first.modes[0], ended_at=BEGAN + 3),
            ModeStretch(mode=Mode.WHISPER, muted=True, began_at=BEGAN + 3),
        ),
    )
    ours.supervisions.update(later)
    assert ours.supervisions.get("session-1") == msgspec.structs.replace(later, reason="a complaint\ufffd")
    with pytest.raises(InvalidInputError):
        ours.supervisions.close(later)
    ended = over(later, BEGAN + 9, Ending.CALL_OVER)
    ours.supervisions.close(ended)
    ours.supervisions.close(ended)  # harmless to repeat
    (found,) = ours.supervisions.page().records
    assert found == msgspec.structs.replace(ended, reason="a complaint\ufffd")
    assert ours.supervisions.employees() == {anna.id: "Anna"}


def test_what_a_database_that_was_away_has_missed_is_there_with_the_next_change(ours: ProjectStore) -> None:
    ended = over(begun(1), BEGAN + 5)
    ours.supervisions.close(ended)
    assert ours.supervisions.get("session-1") == ended


def test_nobody_of_another_project_is_in_a_session(projects: tuple[ProjectStore, ProjectStore]) -> None:
    ours, theirs = projects
    stranger = theirs.directory.add_employee("Stranger", account_names=["901"])
    followed = (Followed(employee_id=stranger.id, account="901", began_at=BEGAN),)
    with pytest.raises(ConflictError):
        ours.supervisions.open(begun(1, followed=followed))
    assert ours.supervisions.page().records == ()
    ours.supervisions.open(begun(1))
    theirs.supervisions.open(begun(1, user_name="Theirs"))
    assert [each.user_name for each in ours.supervisions.page().records] == ["Лідія"]
    assert theirs.supervisions.get("session-1").user_name == "Theirs"
    with pytest.raises(NotFoundError):
        ours.supervisions.get("session-2")
    with pytest.raises(RowRefusedError):
        ours.supervisions.open(begun(3, started_at=float("nan")))


def test_what_a_killed_process_left_open_is_ended(ours: ProjectStore) -> None:
    followed = (Followed(employee_id=None, account="101", began_at=BEGAN + 1),)
    ours.supervisions.open(begun(1, followed=followed))
    ours.supervisions.open(begun(60))
    done = over(begun(2), BEGAN + 3)
    ours.supervisions.close(done)
    assert ours.supervisions.close_left_open(BEGAN + 30, Ending.STOPPED) == 2
    assert ours.supervisions.close_left_open(BEGAN + 40, Ending.STOPPED) == 0
    left = ours.supervisions.get("session-1")
    assert (left.ended_at, left.ending) == (BEGAN + 30, Ending.STOPPED)
    assert (left.modes[0].ended_at, left.followed[0].ended_at) == (BEGAN + 30, BEGAN + 30)
    assert ours.supervisions.get("session-60").ended_at == BEGAN + 60, "none ends before it began"
    assert ours.supervisions.get("session-2") == done


def test_sessions_are_found_by_every_filter_in_pages(ours: ProjectStore) -> None:
    anna = ours.directory.add_employee("Anna", account_names=["101"])
    for number in range(7):
        record = begun(number, user_id=number % 2, user_name=f"User {number % 2}", way=list(Way)[number % 2])
        if number == 3:
            record = msgspec.structs.replace(
                record,
                followed=(Followed(employee_id=anna.id, account="101", began_at=BEGAN + 3),),
                modes=(*record.modes, ModeStretch(mode=Mode.JOIN, muted=False, began_at=BEGAN + 4)),
            )
        ours.supervisions.close(over(record, BEGAN + 20, Ending.LEFT if number % 3 else Ending.BUSY))

    def found(**wanted: object) -> list[int]:
        seen: list[str] = []
        cursor = None
        while True:
            page = ours.supervisions.page(SupervisionFilter(**wanted), limit=2, cursor=cursor)  # type: ignore[arg-type]
            seen += [each.id for each in page.records]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert [each.id for each in ours.supervisions.stream(SupervisionFilter(**wanted))] == seen  # type: ignore[arg-type]
        return [int(each.removeprefix("session-")) for each in seen]

    assert found() == [6, 5, 4, 3, 2, 1, 0]
    assert found(started_from=BEGAN + 2, started_to=BEGAN + 5) == [4, 3, 2]
    assert found(user_ids=frozenset({1})) == [5, 3, 1]
    assert found(ways=frozenset({Way.PHONE})) == [5, 3, 1]
    assert found(employee_ids=frozenset({anna.id})) == [3]
    assert found(modes=frozenset({Mode.JOIN})) == [3]
    assert found(modes=frozenset({Mode.LISTEN})) == [6, 5, 4, 3, 2, 1, 0]
    assert found(endings=frozenset({Ending.BUSY})) == [6, 3, 0]
    assert found(call_id="pbx1-4") == [4]
    assert found(user_ids=frozenset({0}), endings=frozenset({Ending.BUSY}), started_to=BEGAN + 6) == [0]
    assert found(call_id="pbx1-40") == []
    assert ours.supervisions.users() == {0: "User 0", 1: "User 1"}


@pytest.mark.parametrize(
    ("limit", "cursor"), [(0, None), (1001, None), (5, "x"), (5, "1."), (5, "-1.a"), (5, "1.\x00")]
)
def test_a_page_that_makes_no_sense_is_refused(ours: ProjectStore, limit: int, cursor: str | None) -> None:
    with pytest.raises(InvalidInputError):
        ours.supervisions.page(limit=limit, cursor=cursor)


# --- the audit ----------------------------------------------------------------------------------------------------


def test_the_audit_is_found_by_every_filter_in_pages(projects: tuple[ProjectStore, ProjectStore]) -> None:
    ours, theirs = projects
    for number in range(9):
        for project in projects:
            project.audit.write(
                at=BEGAN + (number if number != 4 else 2),  # written late: it stands where it happened
                user_id=number % 3 or None,
                user_login=f"user{number % 3}" if number % 3 else None,
                action="pause" if number % 2 else "dnd",
                outcome="done" if number < 6 else ("forbidden" if number < 8 else "ami_timeout"),
                subject_kind="call" if number == 5 else "employee",
                subject_id=number,
                details={"n": number},
            )
    theirs.audit.write(at=BEGAN, user_id=9, user_login="nine", action="else", outcome="done")

    def found(**wanted: object) -> list[int]:
        seen: list[int] = []
        cursor = None
        while True:
            page = ours.audit.page(AuditFilter(**wanted), limit=2, cursor=cursor)  # type: ignore[arg-type]
            seen += [each.details["n"] for each in page.entries]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert [each.details["n"] for each in ours.audit.stream(AuditFilter(**wanted))] == seen  # type: ignore[arg-type]
        return seen

    assert found() == [8, 7, 6, 5, 3, 4, 2, 1, 0]
    assert found(at_from=BEGAN + 2, at_to=BEGAN + 5) == [3, 4, 2]
    assert found(user_ids=frozenset({1})) == [7, 4, 1]
    assert found(user_ids=frozenset({1, 2})) == [8, 7, 5, 4, 2, 1]
    assert found(actions=frozenset({"pause"})) == [7, 5, 3, 1]
    assert found(subject_kind="call") == [5]
    assert found(subject_kind="employee", subject_id="6") == [6]
    assert found(failed=True) == [8, 7, 6]
    assert found(failed=False) == [5, 3, 4, 2, 1, 0]
    assert found(outcomes=frozenset({"ami_timeout"})) == [8]
    assert found(outcomes=frozenset({"done", "ami_timeout"}), actions=frozenset({"dnd"})) == [8, 4, 2, 0]
    assert found(user_ids=frozenset({9})) == []
    assert ours.audit.actions() == ("dnd", "pause")
    assert ours.audit.users() == {1: "user1", 2: "user2"}
    assert theirs.audit.users() == {1: "user1", 2: "user2", 9: "nine"}


# --- the policy ---------------------------------------------------------------------------------------------------


def test_a_policy_is_kept_and_what_cannot_be_is_refused(ours: ProjectStore) -> None:
    assert ours.rules.load().supervision == SupervisionPolicy()
    policy = SupervisionPolicy(ask_reason=True, forbidden_employee_ids=(1, 2), most_at_once=50)
    ours.rules.set(Rules(supervision=policy, transfer_context="from-internal_2.x"))
    assert ours.rules.load() == Rules(supervision=policy, transfer_context="from-internal_2.x")
    for wrong in (
        Rules(supervision=SupervisionPolicy(most_at_once=0)),
        Rules(supervision=SupervisionPolicy(most_on_call=21)),
        Rules(transfer_context="a b"),
        Rules(transfer_context="internal\r\nAction: Logoff"),
        Rules(transfer_context=""),
    ):
        with pytest.raises(InvalidInputError):
            ours.rules.set(wrong)
