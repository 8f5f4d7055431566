"""Listen, whisper, join on a real Asterisk: in each mode, after each switch and transfer, who hears whom.

Everybody says a tone of their own; wanted tones are 30 dB above all others at least (``support.supervisor``).
"""

import time
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from callfloor.floor.supervisions import Mode
from callfloor.store.memberships import Role
from callfloor.store.store import Store
from callfloor.web.passwords import hash_now
from support.house import House
from support.product import PASSWORD
from support.supervisor import CLIENTS, EMPLOYEE, TONES, Supervisor, hear

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

SWITCHED_S = 0.3
"""How soon a mode must be so (issue 5)."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def staffed(whole_house: House) -> AsyncIterator[House]:
    """The administrator is 110's employee; ``lead`` supervises the department of 101 and 105 alone; all say tones."""
    product = whole_house.product
    ids = {account: product.employee_id(account) for account in ("101", "104", "105", "110")}
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
        for login, role, departments in (
            ("lead", Role.SUPERVISOR, [sales.id]),
            ("analyst", Role.ANALYST, []),
            ("clerk", Role.EMPLOYEE, []),
        ):
            user = store.users.add(login, name=login.title(), password_hash=secret, now=time.time())
            store.memberships.grant(
                user.id, product.project_id, role, department_ids=departments,
                employee_id=ids["101"] if role is Role.EMPLOYEE else None,
            )  # fmt: skip
    finally:
        store.close()
    await product.start()
    await product.live()
    yield whole_house


@pytest_asyncio.fixture(loop_scope="module")
async def place(staffed: House) -> AsyncIterator[House]:
    """The same with nobody calling; afterwards nothing of a session is left at the PBX, whatever the test did."""
    await staffed.calm()
    lab = staffed.lab
    lab.clients.hertz = TONES["client"]
    for name in set(TONES) & set(lab.phones):
        lab.phones[name].hertz = TONES[name]
    yield staffed
    for phone in staffed.lab.everybody:
        for leg in list(phone.legs.values()):
            leg.hang_up()
    await staffed.lab.ami.idle()


@pytest.fixture
def admin(place: House) -> Supervisor:
    """Who sees everything, and whose phone is 110."""
    return Supervisor(place.product, place.product.rest)


async def signed_in(house: House, login: str) -> Supervisor:
    """Another user; close their ``rest``."""
    rest = httpx.AsyncClient(base_url=house.product.base_url, timeout=20, trust_env=False)
    found = await rest.post("/api/v1/session", json={"login": login, "password": PASSWORD})
    assert found.status_code in {200, 201}, found.text
    rest.headers["X-CSRF-Token"] = found.json()["csrf_token"]
    return Supervisor(house.product, rest)


async def talking(house: House, account: str = "101") -> str:
    """The call in which the account talks, as the floor has it."""
    _, call = await house.stream.call(
        lambda call: any(party.account == account and party.state == "talking" for party in call.parties), since=0
    )
    return call.id


async def test_every_mode_in_the_browser(place: House, admin: Supervisor) -> None:
    client, employee = await place.lab.talking()
    legs = {"client": client, "101": employee}
    asked_at = time.time()
    async with admin.in_the_browser(await talking(place)) as line:
        assert (line.now.mode, line.now.muted, line.now.account) == (Mode.LISTEN, True, "101")
        await hear(legs, {"client": "101", "101": "client", EMPLOYEE: "101", CLIENTS: "client"}, line)
        assert line.first_audio_at is not None
        assert line.first_audio_at - asked_at < 2.0
        await line.send(type="mute", muted=False)
        await line.shows(lambda now: not now.muted, "not muted")
        await hear(legs, {"client": "101", "101": "client"}, line)  # listening, nobody hears the open microphone
        for mode, employee_hears, client_hears in (
            ("whisper", "client web", "101"),
            ("join", "client web", "101 web"),
            ("listen", "client", "101"),
            ("join", "client web", "101 web"),
            ("whisper", "client web", "101"),
        ):
            since = time.time()
            await line.send(type="mode", mode=mode)
            await line.shows(lambda now, mode=mode: now.mode == mode, mode)
            assert line.states[-1][0] - since < SWITCHED_S
            await hear(legs, {"client": client_hears, "101": employee_hears, EMPLOYEE: "101", CLIENTS: "client"}, line)
        await line.send(type="mute", muted=True)
        await hear(legs, {"client": "101", "101": "client", EMPLOYEE: "101", CLIENTS: "client"}, line)
        assert line.now.mode is Mode.WHISPER
    await hear(legs, {"client": "101", "101": "client"})
    assert client.state == employee.state == "up"
    assert await admin.own() == []
