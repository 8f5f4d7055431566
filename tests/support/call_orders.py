"""What a supervisor asks for a live call, asked as the page asks it, and what a viewer and the phones see of it."""

from collections.abc import Callable
from typing import Any

import httpx

from callfloor.floor.calls import LiveCall
from callfloor.store.memberships import Role
from callfloor.store.store import Store
from support.house import House
from support.pbx.lab import during
from support.pbx.leg import Leg
from support.pbx.media import FULL, amplitude
from support.product import LOGIN
from support.waiting import answer

CLEARLY = 31.6  # 30 dB


async def is_employee(house: House, account: str) -> None:
    """The user is the employee of this account."""
    store = Store.open(f"sqlite:///{house.product.folder / 'callfloor.db'}")
    try:
        (user,) = store.memberships.users_of(house.product.project_id)
        (membership,) = store.memberships.of_user(user.id)
        employee = house.product.employee_id(account)
        if membership.employee_id != employee:
            store.memberships.grant(user.id, house.product.project_id, Role.ADMINISTRATOR, employee_id=employee)
            await house.product.watch_again()  # whose rights change is sent away, and comes back
    finally:
        store.close()


async def live(house: House, since: float, wanted: Callable[[LiveCall], object] = bool) -> LiveCall:
    """The call as a viewer sees it, once it is so."""
    _, call = await house.stream.call(lambda call: call.started_at >= since - 1 and wanted(call), since=since)
    return call


async def ask(house: House, call: LiveCall, /, **action: object) -> httpx.Response:
    return await house.product.rest.post(f"{house.product.api}/live-calls/{call.id}/actions", json=action)


async def asked(house: House, call: LiveCall, /, **action: object) -> None:
    """Asks, and is accepted."""
    found = await ask(house, call, **action)
    assert found.status_code == 202, found.text


async def refused(house: House, call: LiveCall, error_id: str, /, **action: object) -> str:
    """Asks, and is refused so; in these words. The audit has it."""
    found = await ask(house, call, **action)
    assert found.json()["error_id"] == error_id, found.text
    await audited(house, call, error_id)
    return str(found.json()["message"])


async def audited(house: House, call: LiveCall, outcome: str = "done") -> dict[str, Any]:
    """The call's latest entry in the audit."""

    async def entries() -> list[dict[str, Any]]:
        found = await house.product.rest.get(f"{house.product.api}/audit", params={"subject": f"call:{call.id}"})
        assert found.status_code == 200, found.text
        told: list[dict[str, Any]] = found.json()["entries"]
        return told

    def so(found: list[dict[str, Any]]) -> bool:
        return [(entry["user_login"], entry["outcome"]) for entry in found[:1]] == [(LOGIN, outcome)]

    return (await answer(entries, so, f"the audit tells last of {outcome}"))[0]


async def hears(leg: Leg, loud: int, *quiet: int) -> None:
    """Waits until for a moment it hears one tone, and the others at least 30 dB less."""

    async def levels() -> list[float]:
        leg.audio.heard.clear()
        leg.audio.listening = True
        await during(0.5)
        leg.audio.listening = False
        return [amplitude(bytes(leg.audio.heard), hertz) for hertz in (loud, *quiet)]

    def so(found: list[float]) -> bool:
        return found[0] > FULL / 4 and all(found[0] > CLEARLY * other for other in found[1:])

    await answer(levels, so, f"{leg.phone.device} hears {loud} Hz and not {quiet}")
