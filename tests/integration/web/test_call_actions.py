"""Live calls acted on over REST: who may, to whom, what is refused in words, and what the audit keeps of it."""

from typing import Any

import httpx
import msgspec
import pytest

from callfloor.errors import AmiActionFailedError, CallCannotMoveError
from callfloor.floor.calls import CallStatus
from callfloor.floor.directory import Queue
from callfloor.store.memberships import Role
from support.web_floor import call
from support.web_site import Site


class Calls:
    """What the PBXes were asked; ``failure`` is raised instead where it is set."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, ...]] = []
        self.failure: Exception | None = None

    async def hang_up(self, call_id: str, *, by: str) -> None:
        self._note("hang_up", call_id, by)

    async def transfer_to_employee(self, call_id: str, employee_id: int, *, by: str) -> None:
        self._note("employee", call_id, str(employee_id), by)

    async def transfer_to_queue(self, call_id: str, queue: str, *, by: str) -> None:
        self._note("queue", call_id, queue, by)

    async def transfer_to_number(self, call_id: str, number: str, *, by: str) -> None:
        self._note("number", call_id, number, by)

    async def take(self, call_id: str, account: str, *, by: str) -> None:
        self._note("take", call_id, account, by)

    async def remove(self, call_id: str, party: str | None, *, by: str) -> None:
        self._note("remove", call_id, party, by)

    def _note(self, *what: str | None) -> None:
        if self.failure is not None:
            raise self.failure
        self.asked.append(what)


@pytest.fixture
async def calls(ours: Site) -> Calls:
    """Anna (Sales) and Boris (Help) talk in a call each, one waits in the queue, and one is the other project's."""
    made = Calls()
    ours.projects[ours.ours] = msgspec.structs.replace(ours.projects[ours.ours], calls=made)
    ours.projects[ours.theirs] = msgspec.structs.replace(ours.projects[ours.theirs], calls=made)
    directory = msgspec.structs.replace(ours.floor.directory, queues=(Queue(name="sales", label="Sales"),))
    ours.floor.set_directory(directory)
    ours.floor.put(
        call("anna", ours.anna, client_e164="+48600100200"),
        call("boris", ours.boris),
        call("waits", status=CallStatus.QUEUE),
    )
    ours.their_floor.put(call("theirs"))
    return made


async def act(ours: Site, client: httpx.AsyncClient, call_id: str, /, **action: object) -> httpx.Response:
    return await client.post(f"/api/v1/projects/{ours.ours}/live-calls/{call_id}/actions", json=action)


async def newest(ours: Site, action: str) -> Any:
    """The audit's newest entry of this action."""
    administrator = await ours.signed_in("administrator")
    answer = await administrator.get(f"/api/v1/projects/{ours.ours}/audit", params={"action": action})
    return answer.json()["entries"][0]


async def test_each_action_is_asked_and_audited(ours: Site, calls: Calls) -> None:
    ours.store.memberships.grant(
        ours.users["supervisor"], ours.ours, Role.SUPERVISOR, department_ids=[ours.sales], employee_id=ours.anna
    )
    client = await ours.signed_in("supervisor")
    for action, asked in (
        ({"type": "hang_up"}, ("hang_up", "anna")),
        ({"type": "transfer", "employee_id": ours.anna}, ("employee", "anna", str(ours.anna))),
        ({"type": "transfer", "queue": "sales"}, ("queue", "anna", "sales")),
        ({"type": "transfer", "number": "+48221234567"}, ("number", "anna", "+48221234567")),
        ({"type": "transfer", "number": "*98#"}, ("number", "anna", "*98#")),
        ({"type": "take", "account": "101"}, ("take", "anna", "101")),
        ({"type": "remove", "party": "102"}, ("remove", "anna", "102")),
        ({"type": "remove"}, ("remove", "anna", None)),
    ):
        answer = await act(ours, client, "anna", **action)
        assert (answer.status_code, answer.json()) == (202, {}), answer.text
        assert calls.asked[-1] == (*asked, "Supervisor")
    entry = await newest(ours, "transfer_call")
    assert (entry["user_login"], entry["subject"], entry["outcome"]) == ("supervisor", "call:anna", "done")
    assert entry["details"] == {"number": "*98#"}, "the client is the call's, where they can be erased"
    assert (await newest(ours, "hang_up_call"))["details"] == {}
    assert (await newest(ours, "take_call"))["details"] == {"account": "101"}
    assert (await newest(ours, "remove_from_call"))["details"] == {}, "the client is the call's"
    assert (await act(ours, client, "waits", type="hang_up")).status_code == 202, "who waits may become anybody's"


async def test_what_is_out_of_sight_is_not_there(ours: Site, calls: Calls) -> None:
    supervisor, stranger = await ours.signed_in("supervisor"), await ours.signed_in("stranger")
    for client, call_id, action in (
        (supervisor, "boris", {"type": "hang_up"}),
        (supervisor, "theirs", {"type": "hang_up"}),
        (supervisor, "none", {"type": "hang_up"}),
        (supervisor, "anna", {"type": "transfer", "employee_id": ours.boris}),
        (supervisor, "anna", {"type": "transfer", "employee_id": 999}),
        (supervisor, "anna", {"type": "transfer", "queue": "nowhere"}),
        (stranger, "anna", {"type": "hang_up"}),
    ):
        answer = await act(ours, client, call_id, **action)
        assert answer.status_code == 404, (call_id, action, answer.text)
    assert calls.asked == []
    entry = await newest(ours, "transfer_call")
    assert (entry["outcome"], entry["details"]["queue"]) == ("not_found", "nowhere")


@pytest.mark.parametrize("login", ["analyst", "employee"])
async def test_whose_role_does_not_allow_it_is_refused_and_that_is_audited(
    ours: Site, calls: Calls, login: str
) -> None:
    answer = await act(ours, await ours.signed_in(login), "anna", type="hang_up")
    assert answer.status_code == 403
    assert calls.asked == []
    entry = await newest(ours, "hang_up_call")
    assert (entry["user_login"], entry["outcome"]) == (login, "forbidden")


@pytest.mark.parametrize(
    "action",
    [
        {}, {"type": "listen"}, {"type": "hang_up", "else": 1}, {"type": "transfer"},
        {"type": "transfer", "number": "1", "queue": "sales"}, {"type": "transfer", "number": ""},
        {"type": "transfer", "number": "1\r\nAction: Command"}, {"type": "transfer", "number": "101,1"},
        {"type": "transfer", "number": "1" * 33}, {"type": "transfer", "number": "++1"},
        {"type": "transfer", "queue": "a\nb"}, {"type": "transfer", "employee_id": 0}, {"type": "take"},
        {"type": "take", "account": ""}, {"type": "remove", "party": "a\nb"}, {"type": "remove", "party": ""},
    ],
)  # fmt: skip
async def test_what_cannot_be_understood_is_refused(ours: Site, calls: Calls, action: dict[str, object]) -> None:
    answer = await act(ours, await ours.signed_in("administrator"), "anna", **action)
    assert answer.status_code == 422, answer.text
    assert calls.asked == []


async def test_only_ones_own_phone_takes_a_call(ours: Site, calls: Calls) -> None:
    nobody = await act(ours, await ours.signed_in("administrator"), "anna", type="take", account="101")
    assert (nobody.status_code, nobody.json()["error_id"]) == (409, "target_unavailable")
    ours.store.memberships.grant(
        ours.users["supervisor"], ours.ours, Role.SUPERVISOR, department_ids=[ours.sales], employee_id=ours.anna
    )
    other = await act(ours, await ours.signed_in("supervisor"), "anna", type="take", account="201")
    assert other.status_code == 404
    assert calls.asked == []


async def test_what_the_pbx_says_is_told_and_audited(ours: Site, calls: Calls) -> None:
    client = await ours.signed_in("administrator")
    for failure, status, error_id in (
        (AmiActionFailedError("the PBX refused Redirect: Permission denied"), 502, "ami_action_failed"),
        (CallCannotMoveError("A fax is on the line."), 409, "call_cannot_move"),
    ):
        calls.failure = failure
        answer = await act(ours, client, "anna", type="transfer", number="101")
        assert (answer.status_code, answer.json()["error_id"]) == (status, error_id)
        assert answer.json()["message"] == str(failure)
        assert (await newest(ours, "transfer_call"))["outcome"] == error_id


async def test_without_a_csrf_token_nothing_is_asked(ours: Site, calls: Calls) -> None:
    client = await ours.signed_in("administrator")
    del client.headers["X-CSRF-Token"]
    assert (await act(ours, client, "anna", type="hang_up")).status_code == 403
    assert calls.asked == []
