"""What may be done to users, and how they are shown: over REST (``users_api``), by whoever administers a project.

A user belongs to the installation, and may be in several projects. Their place in a project is its administrators' to
change; login, name, address, password, sessions and second factor are changed by nobody but who administers *every*
project of theirs, or else one project's administrator could enter another project as one of its users.
"""

from collections.abc import Collection

from callfloor.errors import ForbiddenError, InvalidInputError, NotFoundError
from callfloor.floor.directory import Directory
from callfloor.store.memberships import Membership, Role
from callfloor.store.project_users import UserPlace
from callfloor.store.store import Store
from callfloor.store.users import User
from callfloor.web.contract_access import Candidate, ProjectUser

NOT_YOURS = "This user is in a project that you do not administer: only their place in this one is yours to change."


def users_of(store: Store, actor_id: int, project_id: int, only: int | None = None) -> tuple[ProjectUser, ...]:
    """The project's users by login, or one of them, as this administrator sees them. Blocking."""
    found = [user for user in store.memberships.users_of(project_id) if only is None or user.id == only]
    ids = [user.id for user in found]
    places = store.memberships.of_users(ids)
    here = {place.user_id: place for place in places if place.project_id == project_id}
    mine = administered(store, actor_id)
    elsewhere: dict[int, set[int]] = {}
    for place in places:
        elsewhere.setdefault(place.user_id, set()).add(place.project_id)
    factors = store.second_factors.confirmed(ids)
    seen = store.sessions.newest_of(ids)
    issuers: dict[int, list[str]] = {}
    for identity in store.identities.of_users(ids):
        issuers.setdefault(identity.user_id, []).append(identity.issuer)
    with_password = store.users.with_password(ids)
    return tuple(
        _shown(
            user,
            here[user.id],
            last_seen_at=seen.get(user.id),
            has_password=user.id in with_password,
            second_factor=user.id in factors,
            elsewhere=tuple(issuers.get(user.id, ())),
            whole=elsewhere[user.id] <= mine,
        )
        for user in found
        if user.id in here  # who was let in between the two questions comes with the next
    )


def _shown(
    user: User,
    place: Membership,
    *,
    last_seen_at: float | None,
    has_password: bool,
    second_factor: bool,
    elsewhere: tuple[str, ...],
    whole: bool,
) -> ProjectUser:
    return ProjectUser(
        id=user.id,
        login=user.login,
        name=user.name,
        email=user.email,
        role=place.role,
        employee_id=place.employee_id,
        department_ids=place.department_ids,
        created_at=user.created_at,
        disabled_at=user.disabled_at,
        last_seen_at=last_seen_at,
        password="none" if not has_password else "own" if user.password_given_at is None else "given",
        second_factor=second_factor,
        second_factor_required=place.second_factor_required,
        elsewhere=elsewhere,
        whole=whole,
    )


def user_of(store: Store, actor_id: int, project_id: int, user_id: int) -> ProjectUser:
    """One user of the project. Blocking.

    Raises:
        NotFoundError: there is none of this id here.
    """
    for user in users_of(store, actor_id, project_id, user_id):
        return user
    raise NotFoundError("There is no such user in this project.")


def whole_user(store: Store, actor_id: int, project_id: int, user_id: int) -> ProjectUser:
    """One user of the project, whose account is this administrator's to change. Blocking.

    Raises:
        NotFoundError: there is none of this id here.
        ForbiddenError: they are in another project too, which the administrator does not administer.
    """
    found = user_of(store, actor_id, project_id, user_id)
    if not found.whole:
        raise ForbiddenError(NOT_YOURS)
    return found


def administered(store: Store, user_id: int) -> frozenset[int]:
    """The projects that the user administers. Blocking."""
    return frozenset(
        place.project_id for place in store.memberships.of_user(user_id) if place.role is Role.ADMINISTRATOR
    )


def administers_installation(store: Store, user_id: int) -> bool:
    """Whether the user administers every project there is: then what is the installation's is theirs. Blocking."""
    return {project.id for project in store.projects.all()} <= administered(store, user_id)


def candidates(store: Store, actor_id: int, project_id: int) -> tuple[Candidate, ...]:
    """Users who are not in the project, and all of whose projects this administrator administers. Blocking."""
    mine = administered(store, actor_id)
    inside = {user.id for user in store.memberships.users_of(project_id)}
    known = {
        user.id: user
        for other in sorted(mine - {project_id})
        for user in store.memberships.users_of(other)
        if user.id not in inside
    }
    theirs: dict[int, set[int]] = {}
    for place in store.memberships.of_users(known):
        theirs.setdefault(place.user_id, set()).add(place.project_id)
    return tuple(
        Candidate(id=user.id, login=user.login, name=user.name)
        for user in sorted(known.values(), key=lambda user: user.login.casefold())
        if theirs.get(user.id, set()) <= mine
    )


def checked_place(
    directory: Directory, role: Role, employee_id: int | None, department_ids: Collection[int]
) -> UserPlace:
    """A place that can be in this project; departments are a supervisor's alone.

    Raises:
        InvalidInputError: there is no such employee or department; or an employee is to be nobody of the directory.
    """
    if employee_id is not None and employee_id not in {each.id for each in directory.employees}:
        raise InvalidInputError("There is no such employee.", at="employee_id")
    if role is Role.EMPLOYEE and employee_id is None:
        raise InvalidInputError(
            "Whoever has the role of an employee is one of the directory: say which.", at="employee_id"
        )
    overseen = tuple(sorted(set(department_ids))) if role is Role.SUPERVISOR else ()
    if set(overseen) - {each.id for each in directory.departments}:
        raise InvalidInputError("There is no such department.", at="department_ids")
    return UserPlace(role=role, employee_id=employee_id, department_ids=overseen)
