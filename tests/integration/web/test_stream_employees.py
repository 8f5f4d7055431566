"""The live stream's employees over real sockets: as they change, after a lost network, and in and out of sight."""

import msgspec

from callfloor.floor.directory import Directory
from callfloor.floor.employees import Status
from support.web_floor import employee
from support.web_page import Page
from support.web_site import Site, read_until


async def test_the_page_follows_the_employees(ours: Site) -> None:
    page = Page()
    async with ours.stream(await ours.signed_in("analyst")) as socket:
        page.take_text(await socket.recv())
        assert page.employees == ours.floor.employees
        for status in (Status.TALKING, Status.DND, Status.OFFLINE, Status.ONLINE):
            ours.floor.put_employees(employee(ours.anna, "101", status=status), employee(99, "901"))
            await read_until(socket, page, lambda p: p.employees == ours.floor.employees)
        ours.floor.remove_employee(99)
        await read_until(socket, page, lambda p: p.employees == ours.floor.employees)
    assert page.frames.count("snapshot") == 1


async def test_a_resumed_stream_gets_the_employees_it_missed(ours: Site) -> None:
    client = await ours.signed_in("supervisor")
    page, watcher = Page(), Page()
    async with ours.stream(client) as socket:
        page.take_text(await socket.recv())
    async with ours.stream(client) as other:
        watcher.take_text(await other.recv())
        for status in (Status.TALKING, Status.DND):
            ours.floor.put_employees(employee(ours.anna, "101", status=status))
            await read_until(other, watcher, lambda p, so=status: p.employees[ours.anna].status is so)
        async with ours.stream(client, query=f"?epoch={page.epoch}&sequence={page.sequence}") as again:
            await read_until(again, page, lambda p: p.frames[-1] == "heartbeat")
    assert "snapshot" not in page.frames[1:]
    assert page.employees == watcher.employees == {ours.anna: ours.floor.employees[ours.anna]}


async def test_an_edited_directory_moves_employees_in_and_out_of_a_supervisors_sight(ours: Site) -> None:
    def moved(employee_id: int, department_id: int) -> Directory:
        return msgspec.structs.replace(
            ours.floor.directory,
            employees=tuple(
                msgspec.structs.replace(one, department_id=department_id) if one.id == employee_id else one
                for one in ours.floor.directory.employees
            ),
        )

    page = Page()
    async with ours.stream(await ours.signed_in("supervisor")) as socket:
        page.take_text(await socket.recv())
        assert set(page.employees) == {ours.anna}
        ours.floor.set_directory(moved(ours.boris, ours.sales))
        await read_until(socket, page, lambda p: set(p.employees) == {ours.anna, ours.boris})
        ours.floor.set_directory(moved(ours.anna, ours.help))
        await read_until(socket, page, lambda p: set(p.employees) == {ours.boris})
        ours.floor.put_employees(employee(ours.anna, "101", status=Status.TALKING))
        ours.floor.put_employees(employee(ours.boris, "201", status=Status.TALKING))
        await read_until(socket, page, lambda p: p.employees[ours.boris].status is Status.TALKING)
        assert set(page.employees) == {ours.boris}
