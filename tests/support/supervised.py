"""A house in which some may supervise: who they are, and what they do besides."""

import time
from typing import Any

import httpx

from callfloor.floor.supervisions import LiveSupervision, Phase
from callfloor.store.memberships import Role
from callfloor.store.store import Store
from callfloor.web.passwords import hash_now
from support.house import House
from support.pbx.leg import Leg
from support.pbx.phone import Answer
from support.product import PASSWORD
from support.supervisor import TONES, Line, Supervisor
from support.waiting import answer, until


async def staff(house: House) -> None:
    """Gives people who supervise, and people who may not; the product is started anew for it.

    The administrator is 110's employee; ``twin`` is one, too, and 102's, who has two devices. ``lead`` supervises the
    department of 101 and 105 alone; ``analyst`` and ``clerk`` (101's employee) nobody.
    """
    product = house.product
    ids = {account: product.employee_id(account) for account in ("101", "102", "104", "105", "110")}
    await product.stop()
    store = Store.open(f"sqlite:///{product.folder / 'callfloor.db'}")
    try:
        directory = store.project(product.project_id).directory
        names = {person.id: person.name for person in directory.load().employees}
        sales, other = directory.add_department("Sales"), directory.add_department("Support")
        for account, department in (("101", sales), ("105", sales), ("104", other)):
            directory.change_employee(ids[account], name=names[ids[account]], department_id=department.id)
        (admin,) = store.users.all()
        store.memberships.grant(admin.id, product.project_id, Role.ADMINISTRATOR, employee_id=ids["110"])
        secret = hash_now(PASSWORD)
        for login, role, departments, own in (
            ("lead", Role.SUPERVISOR, [sales.id], None),
            ("twin", Role.ADMINISTRATOR, [], "102"),
            ("analyst", Role.ANALYST, [], None),
            ("clerk", Role.EMPLOYEE, [], "101"),
        ):
            user = store.users.add(login, name=login.title(), password_hash=secret, now=time.time())
            store.memberships.grant(
                user.id, product.project_id, role, department_ids=departments,
                employee_id=None if own is None else ids[own],
            )  # fmt: skip
    finally:
        store.close()
    await product.start()
    await product.live()


def give_tones(house: House) -> None:
    """Everybody's voice from now on."""
    house.lab.clients.hertz = TONES["client"]
    for name in set(TONES) & set(house.lab.phones):
        house.lab.phones[name].hertz = TONES[name]


async def signed_in(house: House, login: str) -> Supervisor:
    """Another user; close their ``rest``."""
    rest = httpx.AsyncClient(base_url=house.product.base_url, timeout=20, trust_env=False)
    found = await rest.post("/api/v1/session", json={"login": login, "password": PASSWORD})
    assert found.status_code in {200, 201}, found.text
    rest.headers["X-CSRF-Token"] = found.json()["csrf_token"]
    return Supervisor(house.product, rest)


async def talking(house: House, account: str = "101") -> str:
    """The call in which the account talks, as the floor has it."""

    def found() -> str | None:
        calls = house.stream.page.calls.values()
        mine = (call.id for call in calls for one in call.parties if (one.account, one.state) == (account, "talking"))
        return next(mine, None)

    await house.stream.until(lambda _: found(), f"{account} talks")
    return found() or ""


async def by_phone(house: House, admin: Supervisor, call_id: str, **more: Any) -> tuple[LiveSupervision, Leg]:
    """The administrator supervises by 110: the session, and the phone's leg once it hears."""
    house.lab.phones["110"].policy = Answer(0.1)
    session, _ = await admin.start(call_id, "phone", **more)
    leg = await house.lab.phones["110"].comes()
    await leg.answered()
    await phase(admin, session.id, Phase.ON)
    return session, leg


async def closed(line: Line, code: int) -> None:
    """Waits until the line is closed so."""
    await until(lambda: line.closed is not None, "the line is closed")
    assert line.closed == code


async def phase(who: Supervisor, session: str, wanted: Phase, **more: Any) -> LiveSupervision:
    """The session once it is in this phase, and otherwise as wanted."""

    def so(found: list[LiveSupervision]) -> bool:
        return any(
            each.id == session and each.phase is wanted and all(getattr(each, k) == v for k, v in more.items())
            for each in found
        )

    found = await answer(who.own, so, f"{session} is {wanted} {more}")
    return next(each for each in found if each.id == session)


async def ended(house: House, session: str) -> dict[str, Any]:
    """The session as the log has it, ended."""

    async def ask() -> list[dict[str, Any]]:
        found = await house.product.rest.get(f"{house.product.api}/supervision-log", params={"limit": 50})
        assert found.status_code == 200, found.text
        return [each for each in found.json()["records"] if each["id"] == session]

    (record,) = await answer(ask, lambda found: found and found[0]["ended_at"], "the session has ended")
    return record
