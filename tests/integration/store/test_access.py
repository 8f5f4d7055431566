"""Second factors, one-time links, tokens, other sign-ins and the last administrator, on both databases."""

import pytest

from callfloor.errors import ConflictError, LastAdministratorError, LinkSpentError, NotFoundError
from callfloor.store import Role, Store
from callfloor.store.one_time_links import Purpose


def project(store: Store, name: str = "One") -> int:
    return store.projects.add(name, timezone="Europe/Warsaw", country="pl", language="pl", now=1.5).id


def user(store: Store, login: str = "anna") -> int:
    return store.users.add(login, name="Anna", password_hash="$argon2id$x", now=2.5).id


def test_a_code_counts_once_and_none_before_it(store: Store) -> None:
    anna, factors = user(store), store.second_factors
    factors.begin(anna, "first", now=3.0)
    factors.begin(anna, "second", now=4.0)
    assert factors.confirmed([anna]) == frozenset()
    factors.confirm(anna, step=10, codes=["a", "b"], now=5.0)
    with pytest.raises(ConflictError):
        factors.begin(anna, "third", now=6.0)
    assert [factors.take_step(anna, step) for step in (10, 11, 11, 9, 12)] == [False, True, False, False, True]
    assert [factors.take_code(anna, code, now=7.0) for code in ("a", "a", "c")] == [True, False, False]
    found = factors.find(anna)
    assert found is not None
    assert (found.secret, found.confirmed_at, found.codes_left) == ("second", 5.0, 1)
    assert "second" not in repr(found)
    factors.renew_codes(anna, ["d", "e"])
    assert [factors.take_code(anna, code, now=8.0) for code in ("b", "d")] == [False, True]
    assert [factors.remove(anna), factors.remove(anna)] == [True, False]
    with pytest.raises(NotFoundError):
        factors.confirm(anna, step=1, codes=["x"], now=9.0)


def test_a_link_is_spent_once_and_ends_every_session(store: Store) -> None:
    anna, links = user(store), store.one_time_links
    store.users.set_password_hash(anna, "given", now=2.0, given=True)
    session = store.sessions.open(anna, token_sha256="s", now=3.0, expires_at=99.0).id
    links.make(anna, Purpose.RESET, token_sha256="old", now=3.0, expires_at=50.0)
    links.make(anna, Purpose.RESET, token_sha256="new", now=4.0, expires_at=50.0)
    assert links.find("old", now=5.0) is None
    found = links.find("new", now=5.0)
    assert found is not None
    assert (found.user.login, found.purpose, found.expires_at) == ("anna", Purpose.RESET, 50.0)
    assert links.find("new", now=50.0) is None
    links.spend("new", password_hash="chosen", now=6.0)
    with pytest.raises(LinkSpentError):
        links.spend("new", password_hash="again", now=7.0)
    assert store.users.password_hash(anna) == "chosen"
    assert store.users.get(anna).password_given_at is None
    assert store.sessions.by_ids([session]) == {}
    assert store.sessions.sweep(before=60.0) == 1
    assert links.find("new", now=1.0) is None


def test_a_token_holds_while_its_user_is_in_its_project(store: Store) -> None:
    anna, one, tokens = user(store), project(store), store.api_tokens
    store.memberships.grant(anna, one, Role.ANALYST)
    made = tokens.make(anna, one, name="x", token_sha256="t", scopes=["b", "a", "b"], now=3.0, expires_at=None)
    assert made.scopes == ("a", "b")
    tokens.touch(made.id, now=100.0, address="192.0.2.1")
    tokens.touch(made.id, now=130.0, address="192.0.2.2")
    found = tokens.by_token("t")
    assert found is not None
    assert (found.last_used_at, found.last_address) == (100.0, "192.0.2.1"), "to the minute"
    store.memberships.withdraw(anna, one)
    assert tokens.by_token("t") is None
    assert tokens.by_ids([made.id]) == {}
    store.memberships.grant(anna, one, Role.ANALYST)
    assert tokens.revoke(made.id, user_id=anna + 1, now=4.0) is None
    assert tokens.revoke(made.id, user_id=anna, now=4.0) is not None
    assert tokens.by_token("t") is None
    assert tokens.of_user(anna) == ()


def test_a_subject_is_one_user_and_a_new_one_comes_whole_or_not_at_all(store: Store) -> None:
    anna, one, identities = user(store), project(store), store.identities
    identities.link(anna, "https://a", "1", email="anna@example.com", now=3.0)
    for issuer, subject in (("https://a", "1"), ("https://a", "2")):
        with pytest.raises(ConflictError):
            identities.link(anna, issuer, subject, email=None, now=4.0)
    found = identities.user_of("https://a", "1")
    assert found is not None
    assert found.id == anna
    values = {"name": "B", "email": "B@example.com", "locale": "en", "issuer": "https://a", "now": 5.0}
    with pytest.raises(ConflictError):
        identities.make_user("boris", subject="3", places=[(999, Role.ANALYST)], **values)  # type: ignore[arg-type]
    assert store.users.by_login("boris") is None
    boris = identities.make_user("boris", subject="3", places=[(one, Role.ANALYST)], **values)  # type: ignore[arg-type]
    assert [each.id for each in identities.by_email("b@EXAMPLE.com")] == [boris.id]
    assert store.users.password_hash(boris.id) is None
    assert identities.unlink(boris.id) == 1
    assert identities.user_of("https://a", "3") is None


def test_every_project_keeps_an_administrator(store: Store) -> None:
    anna, boris, one, two = user(store), user(store, "boris"), project(store), project(store, "Two")
    for place in (one, two):
        store.memberships.grant(anna, place, Role.ADMINISTRATOR)
    store.memberships.grant(boris, one, Role.ADMINISTRATOR)
    store.memberships.grant(anna, one, Role.ANALYST)
    with pytest.raises(LastAdministratorError):
        store.memberships.withdraw(boris, one)
    with pytest.raises(LastAdministratorError):
        store.users.disable(anna, now=3.0)  # the last of the other project
    store.memberships.grant(boris, two, Role.ADMINISTRATOR)
    store.users.disable(anna, now=4.0)
    with pytest.raises(LastAdministratorError):
        store.memberships.grant(boris, two, Role.EMPLOYEE)


def test_a_second_factor_is_required_of_roles(store: Store) -> None:
    anna, boris, one = user(store), user(store, "boris"), project(store)
    store.memberships.grant(anna, one, Role.ANALYST)
    store.memberships.grant(boris, one, Role.ADMINISTRATOR)
    assert store.memberships.lacking_second_factor([anna, boris]) == frozenset()
    store.memberships.require_second_factor(one, [Role.ANALYST])
    assert store.memberships.second_factor_roles(one) == (Role.ANALYST,)
    assert store.memberships.of_user(anna)[0].second_factor_required
    assert store.memberships.lacking_second_factor([anna, boris]) == {anna}
    store.second_factors.begin(anna, "x", now=1.0)
    assert store.memberships.lacking_second_factor([anna]) == {anna}
    store.second_factors.confirm(anna, step=1, codes=["x"], now=2.0)
    assert store.memberships.lacking_second_factor([anna]) == frozenset()


def test_a_setting_of_the_installation_is_kept_and_another_shape_is_none(store: Store) -> None:
    assert store.installation.load("x", list[int], [0]) == [0]
    store.installation.save("x", [1, 2], now=1.0)
    store.installation.save("x", [3], now=2.0)
    assert store.installation.load("x", list[int], [0]) == [3]
    assert store.installation.load("x", dict[str, int], {}) == {}
