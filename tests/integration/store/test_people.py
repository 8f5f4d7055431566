"""Projects, users, what they may enter, their sessions; and the first start."""

import pytest

from callfloor.errors import ConflictError, InvalidInputError, NotArchivedError, NotFoundError, OnlyProjectError
from callfloor.floor.employees import Status, Switch
from callfloor.store import Membership, Role, Store
from callfloor.store.links import LinkValues


def _project(store: Store, name: str = "One") -> int:
    return store.projects.add(name, timezone="Europe/Warsaw", country="pl", language="pl", now=1.5).id


def _user(store: Store, login: str = "anna") -> int:
    return store.users.add(login, name="Anna", password_hash="$argon2id$x", now=2.5).id


def _first_start(store: Store, **changed: object) -> object:
    asked = []

    def password_hash() -> str:
        asked.append(1)
        return "$argon2id$first"

    values = {
        "project_name": "Demo",
        "timezone": "Europe/Warsaw",
        "country": "PL",
        "language": "en",
        "login": "admin",
        "user_name": "Administrator",
        "password_hash": password_hash,
        "now": 3.0,
    } | changed
    return store.first_start(**values), len(asked)  # type: ignore[arg-type]


def test_the_first_start_makes_a_project_and_an_administrator_and_the_second_nothing(store: Store) -> None:
    first, asked = _first_start(store)
    assert asked == 1
    assert first.project_made
    assert first.administrator.login == "admin"
    assert store.memberships.of_user(first.administrator.id) == (
        Membership(
            user_id=first.administrator.id,
            project_id=first.project.id,
            project_name="Demo",
            timezone="Europe/Warsaw",
            country="PL",
            language="en",
            role=Role.ADMINISTRATOR,
        ),
    )
    again, asked = _first_start(store, password_hash=None)
    assert (again.project_made, again.administrator, again.project) == (False, None, first.project)
    assert len(store.users.all()) == len(store.projects.all()) == 1


def test_a_first_start_with_every_administrator_disabled_makes_one(store: Store) -> None:
    first, _ = _first_start(store)
    store.users.disable(first.administrator.id, now=4.0, last_too=True)
    with pytest.raises(ConflictError):  # the login is still somebody's
        _first_start(store)
    second, _ = _first_start(store, login="admin2")
    assert second.administrator.login == "admin2"
    assert not second.project_made


def test_a_first_start_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(InvalidInputError):
        _first_start(store, login="two words")
    assert store.projects.all() == ()


def test_a_project_is_changed_and_read(store: Store) -> None:
    key = _project(store)
    store.projects.change(key, name="Two", timezone="America/New_York", settings={"missed_after_s": 5.0})
    project = store.projects.get(key)
    assert (project.name, project.timezone, project.country) == ("Two", "America/New_York", "PL")
    assert project.settings == {"missed_after_s": 5.0}
    assert project.created_at == 1.5
    with pytest.raises(NotFoundError):
        store.projects.get(key + 1)
    with pytest.raises(NotFoundError):
        store.projects.change(key + 1, name="x")


@pytest.mark.parametrize(
    "wrong",
    [{"timezone": "Mars/Base"}, {"timezone": "../../etc/passwd"}, {"timezone": ""}, {"country": "POL"}, {"name": ""}],
)
def test_a_project_that_makes_no_sense_is_refused(store: Store, wrong: dict[str, str]) -> None:
    values = {"name": "One", "timezone": "Europe/Warsaw", "country": "PL", "language": "en"} | wrong
    with pytest.raises(InvalidInputError):
        store.projects.add(**values, now=1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"), [("anna", "ANNA"), ("Ганна", "ГАННА"), ("straße", "STRASSE"), ("\u00e9va", "e\u0301va")]
)
def test_a_login_is_one_in_every_case(store: Store, one: str, other: str) -> None:
    key = _user(store, one)
    with pytest.raises(ConflictError):
        _user(store, other)
    found = store.users.by_login(other)
    assert found is not None
    assert (found.user.id, found.user.login, found.password_hash) == (key, one, "$argon2id$x")
    assert store.users.by_login("nobody") is None
    assert store.users.by_login("\x00") is None
    store.users.change(key, login=other)
    assert store.users.get(key).login == other


@pytest.mark.parametrize("login", ["", "two words", "tab\tbed", "nul\x00", "x" * 201, "\u200b"])
def test_a_login_that_is_none_is_refused(store: Store, login: str) -> None:
    with pytest.raises(InvalidInputError):
        _user(store, login)


def test_a_secret_is_not_shown(store: Store) -> None:
    _user(store)
    secret = store.users.by_login("anna")
    assert "argon2" not in repr(secret)
    values = LinkValues(name="PBX", url="ami://user@pbx", secret="geheim")
    assert "geheim" not in repr(values) + repr(store.project(_project(store)).links.add(values, now=1.0))


def test_a_user_is_changed(store: Store) -> None:
    key = _user(store)
    other = _user(store, "ben")
    changed = store.users.change(key, name="Anna N.", locale="pl", theme="dark")
    assert (changed.name, changed.locale, changed.theme, changed.login) == ("Anna N.", "pl", "dark", "anna")
    with pytest.raises(ConflictError):
        store.users.change(other, login="Anna")
    with pytest.raises(NotFoundError):
        store.users.change(99, name="x")
    assert [user.login for user in store.users.all()] == ["anna", "ben"]


def test_memberships_are_granted_changed_and_withdrawn(store: Store) -> None:
    one, two = _project(store, "One"), _project(store, "Two")
    user = _user(store)
    here = store.project(one).directory
    sales, care = here.add_department("Sales"), here.add_department("Care")
    ann = here.add_employee("Ann")
    store.memberships.grant(user, two, Role.ANALYST)
    store.memberships.grant(user, one, Role.EMPLOYEE, employee_id=ann.id)
    store.memberships.grant(user, one, Role.SUPERVISOR, department_ids=[care.id, sales.id])
    found = store.memberships.of_user(user)
    assert [(each.project_id, each.role, each.employee_id, each.department_ids) for each in found] == [
        (one, Role.SUPERVISOR, None, (sales.id, care.id)),
        (two, Role.ANALYST, None, ()),
    ]
    assert [each.id for each in store.memberships.users_of(one)] == [user]
    store.memberships.withdraw(user, one)
    assert [each.project_id for each in store.memberships.of_user(user)] == [two]
    assert store.memberships.users_of(one) == ()


def test_a_membership_cannot_name_another_projects_people(store: Store) -> None:
    one, two = _project(store, "One"), _project(store, "Two")
    user = _user(store)
    ann = store.project(one).directory.add_employee("Ann")
    sales = store.project(one).directory.add_department("Sales")
    with pytest.raises(ConflictError):
        store.memberships.grant(user, two, Role.EMPLOYEE, employee_id=ann.id)
    with pytest.raises(ConflictError):
        store.memberships.grant(user, two, Role.SUPERVISOR, department_ids=[sales.id])
    for wrong_user, project in ((99, one), (user, 99)):
        with pytest.raises(NotFoundError):
            store.memberships.grant(wrong_user, project, Role.ANALYST)
    assert store.memberships.of_user(user) == ()


def _open(store: Store, user: int, token: str = "aa", now: float = 100.0) -> int:
    return store.sessions.open(
        user, token_sha256=token, now=now, expires_at=now + 1000.0, address="10.0.0.1", user_agent="x" * 900 + "\x00"
    ).id


def test_a_session_is_found_by_its_token_until_it_is_revoked(store: Store) -> None:
    user = _user(store)
    key = _open(store, user)
    session = store.sessions.by_token("aa")
    assert session is not None
    assert (session.id, session.user_id, session.created_at, session.expires_at) == (key, user, 100.0, 1100.0)
    assert session.address == "10.0.0.1"
    assert session.user_agent == "x" * 400
    assert store.sessions.by_ids([key, 77]) == {key: session}
    assert store.sessions.of_user(user) == (session,)
    assert store.sessions.by_token("bb") is None
    assert not store.sessions.revoke(key, now=5.0, user_id=user + 1)
    assert store.sessions.revoke(key, now=5.0, user_id=user)
    assert not store.sessions.revoke(key, now=6.0)
    assert store.sessions.by_token("aa") is None
    assert store.sessions.by_ids([key]) == {}
    assert store.sessions.of_user(user) == ()


def test_a_session_of_nobody_and_a_token_twice_are_refused(store: Store) -> None:
    with pytest.raises(ConflictError):
        _open(store, 99)
    user = _user(store)
    _open(store, user)
    with pytest.raises(ConflictError) as caught:
        _open(store, user)
    assert "aa" not in str(caught.value.details)


def test_the_use_of_a_session_is_noted_once_a_minute(store: Store) -> None:
    key = _open(store, _user(store), now=100.0)
    assert not store.sessions.touch(key, now=159.0)
    assert store.sessions.touch(key, now=160.0)
    assert not store.sessions.touch(key, now=161.0)
    found = store.sessions.by_token("aa")
    assert found is not None
    assert found.last_seen_at == 160.0
    store.sessions.revoke(key, now=300.0)
    assert not store.sessions.touch(key, now=400.0)


def test_another_password_or_a_disabled_user_ends_the_sessions(store: Store) -> None:
    user = _user(store)
    kept, ended = _open(store, user, "aa"), _open(store, user, "bb")
    store.users.set_password_hash(user, "$argon2id$new", now=5.0, keep_session=kept)
    assert set(store.sessions.by_ids([kept, ended])) == {kept}
    store.users.rehash(user, before="$argon2id$old", after="$argon2id$lost")
    store.users.rehash(user, before="$argon2id$new", after="$argon2id$newer")
    found = store.users.by_login("anna")
    assert found is not None
    assert found.password_hash == "$argon2id$newer"
    store.users.disable(user, now=6.0)
    assert store.users.get(user).disabled_at == 6.0
    assert store.sessions.by_token("aa") is None
    store.users.enable(user)
    assert store.sessions.by_token("aa") is None  # ended is ended
    third = _open(store, user, "cc")
    assert store.sessions.revoke_all(user, now=7.0, keep=third) == 0
    assert store.sessions.revoke_all(user, now=7.0) == 1


def test_old_sessions_are_swept(store: Store) -> None:
    user = _user(store)
    old, revoked, live = (_open(store, user, token, now) for token, now in (("a", 0.0), ("b", 5000.0), ("c", 5000.0)))
    store.sessions.revoke(revoked, now=5001.0)
    assert store.sessions.sweep(before=4000.0) == 1
    assert store.sessions.sweep(before=5500.0) == 1
    assert set(store.sessions.by_ids([old, revoked, live])) == {live}


def test_a_link_is_set_up_and_its_outages_are_kept(store: Store) -> None:
    project, elsewhere = store.project(_project(store, "One")), store.project(_project(store, "Two"))
    link = project.links.add(LinkValues(name="PBX", url="ami://u@one", secret="sealed"), now=1.0)
    moved = LinkValues(name="PBX", url="ami://u@two", secret="sealed")
    assert project.links.change(link.id, moved).id == link.id
    assert [(each.url, each.secret, each.origin) for each in project.links.all()] == [("ami://u@two", "sealed", "page")]
    assert elsewhere.links.all() == ()
    first = project.links.down(link.id, at=10.0, reason="connection refused")
    assert project.links.down(link.id, at=11.0, reason="still") == first
    assert elsewhere.links.up(link.id, at=12.0) is None
    ended = project.links.up(link.id, at=20.0)
    assert ended is not None
    assert (ended.began_at, ended.ended_at) == (10.0, 20.0)
    assert project.links.up(link.id, at=21.0) is None
    second = project.links.down(link.id, at=30.0, reason="again")
    assert project.links.outages(began_before=100.0, ended_after=0.0) == (ended, second)
    assert project.links.outages(began_before=100.0, ended_after=20.0) == (second,)
    assert project.links.outages(began_before=30.0, ended_after=0.0) == (ended,)
    assert elsewhere.links.outages(began_before=100.0, ended_after=0.0) == ()
    assert project.links.pause(link.id, 40.0).paused_at == 40.0
    assert project.links.pause(link.id, None).paused_at is None
    for theirs in (
        lambda: elsewhere.links.down(link.id, at=1.0, reason="x"),
        lambda: elsewhere.links.remove(link.id),
        lambda: elsewhere.links.get(link.id),
        lambda: elsewhere.links.change(link.id, moved),
        lambda: elsewhere.links.pause(link.id, 1.0),
    ):
        with pytest.raises(NotFoundError):
            theirs()
    project.links.remove(link.id)
    assert project.links.outages(began_before=100.0, ended_after=0.0) == ()
    for name, url in (("", "ami://x"), ("PBX", "nothing"), ("PBX", "ami://user:secret@pbx"), ("PB\x00X", "ami://x")):
        with pytest.raises(InvalidInputError):
            project.links.add(LinkValues(name=name, url=url), now=1.0)


def test_names_and_marks_of_links_are_their_own(store: Store) -> None:
    links = store.project(_project(store)).links
    one = links.add(LinkValues(name="One", url="ami://u@one"), now=1.0)
    two = links.add(LinkValues(name="Two", url="ami://u@two", mark="two"), now=1.0)
    links.add(LinkValues(name="Three", url="ami://u@three"), now=1.0)  # without a mark there may be several
    for values in (LinkValues(name="Two", url="ami://x"), LinkValues(name="Four", url="ami://x", mark="two")):
        with pytest.raises(ConflictError):
            links.add(values, now=1.0)
    with pytest.raises(ConflictError):
        links.change(one.id, LinkValues(name="Two", url="ami://u@one"))
    with pytest.raises(ConflictError, match="mark"):
        links.change(two.id, LinkValues(name="Two", url="ami://u@two", mark="other"))
    links.remove(two.id)
    assert links.add(LinkValues(name="Two", url="ami://u@two", mark="two"), now=1.0).id > two.id


def test_a_project_is_removed_with_all_that_is_its(store: Store) -> None:
    one, two = _project(store, "One"), _project(store, "Two")
    user = store.users.add("anna", name="Anna", password_hash="x", now=1.0)
    for key in (one, two):
        project = store.project(key)
        store.memberships.grant(user.id, key, Role.ADMINISTRATOR)
        project.links.add(LinkValues(name="PBX", url="ami://u@pbx"), now=1.0)
        above = project.directory.add_department("Above")
        below = project.directory.add_department("Below", parent_id=above.id)
        anna = project.directory.add_employee("Anna", department_id=below.id, account_names=["101"])
        project.switches.set(anna.id, Switch(status=Status.DND, since=1.0, by="anna"))
    rows = store.project(two).removal.rows()
    assert store.project(one).removal.rows() == rows > 5
    with pytest.raises(NotArchivedError):
        store.projects.begin_removal(one, now=2.0)
    assert store.projects.archive(one, 2.0).archived_at == 2.0
    assert store.projects.archive(one, 3.0).archived_at == 2.0, "it rests since it did"
    store.projects.begin_removal(one, now=4.0)
    assert [project.id for project in store.projects.all()] == [two]
    assert store.projects.removing() == (one,)
    assert [place.project_id for place in store.memberships.of_user(user.id)] == [two]
    gone = []
    while some := store.project(one).removal.step(1):
        gone.append(some)
    assert sum(gone) == rows
    store.projects.end_removal(one)
    assert (store.projects.removing(), store.project(two).removal.rows()) == ((), rows)
    with pytest.raises(NotFoundError):
        store.projects.begin_removal(one, now=5.0)
    store.projects.archive(two, 5.0)
    with pytest.raises(OnlyProjectError):
        store.projects.begin_removal(two, now=6.0)
    store.projects.end_removal(two)
    assert store.projects.get(two).name == "Two", "what is not being removed stays"
