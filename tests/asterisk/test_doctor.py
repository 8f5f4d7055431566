"""The doctor at a real Asterisk: users of few rights, filters, modules that are missing, records that are off."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callfloor.asterisk.ami_url import parse_url
from callfloor.asterisk.doctor import examine
from callfloor.asterisk.doctor_found import Report
from callfloor.asterisk.link import PbxLink
from callfloor.config import read
from callfloor.floor import facts
from callfloor.floor.facts import Fact
from callfloor.project.audio_port import AudioPort
from callfloor.project.examining import audio
from support.pbx.server import Pbx, running_pbx
from support.waiting import until

USERS = """
[few]
secret=tests-secret
read=call,agent
write=call,agent,originate
eventfilter=!Event: Hangup
[told]
secret=tests-secret
read=call,agent
write=command
[careful]
secret=tests-secret
read=system,call,agent,user,reporting,dialplan
write=system,call,agent,originate,reporting,command
eventfilter=!Event: (Newchannel|VarSet)
eventfilter(action(exclude),name(Hangup))=
eventfilter=!Event: RTCP
[elsewhere]
secret=tests-secret
deny=0.0.0.0/0.0.0.0
permit=10.1.2.3/255.255.255.255
read=all
write=all
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pbx]:
    async with running_pbx(tmp_path_factory.mktemp("doctor") / "pbx") as running:
        conf = Path(running.folder) / "etc" / "manager.conf"
        conf.write_text(conf.read_text() + USERS)
        await running.cli("manager reload")
        yield running


async def look(pbx: Pbx, user: str, secret: str = "tests-secret") -> Report:
    host, port = pbx.ami
    return await examine(parse_url(f"ami://{user}:{secret}@{host}:{port}"))


def missing(report: Report) -> dict[str, str]:
    return {found.id: found.level for found in report.found if found.level in {"warning", "problem"}}


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_user_of_all_rights_sees_everything(pbx: Pbx) -> None:
    report = await look(pbx, "tests")
    assert missing(report) == {}
    assert {"rights", "clock", "cel", "cdr", "queue_log", "chanspy", "audiosocket", "pjsip"} <= {
        found.id for found in report.found if found.level == "ok"
    }
    assert report.version is not None
    assert report.version[0] == 22
    assert (report.accounts, report.queues, report.calls) == (10, 2, 0)
    assert report.spool == str(Path(pbx.folder) / "spool")
    assert report.records is not None
    assert report.records.folder == str(Path(pbx.folder) / "log")
    assert {"cel-custom/Master.csv", "cdr-csv/Master.csv", "queue_log"} <= set(report.records.files)
    assert report.records.tables == ()


async def test_a_careful_administrators_user_lacks_what_it_lacks(pbx: Pbx) -> None:
    report = await look(pbx, "dashboard")
    assert missing(report) == {"no_write_command": "warning"}
    (lines,) = {found.lines for found in report.found if found.id == "no_write_command"}
    assert lines == (
        "[dashboard]",
        "read = system,call,agent,user,reporting,dialplan,dtmf",
        "write = system,call,agent,originate,reporting,command",
    )


async def test_the_lines_that_are_told_mend_it(pbx: Pbx) -> None:
    """Pasted as they stand into the PBX's file, they leave nothing missing."""
    report = await look(pbx, "few")
    assert missing(report) == {
        "read_unknown": "warning",
        "no_write_system": "problem",
        "no_write_reporting": "problem",
        "no_write_command": "warning",
        "no_channels": "problem",
    }
    lines = next(found.lines for found in report.found if found.id == "no_write_system")
    conf = Path(pbx.folder) / "etc" / "manager.conf"
    before = conf.read_text()
    try:
        conf.write_text(before.replace("[few]", "[before]") + "\n" + "\n".join([*lines, "secret=tests-secret"]) + "\n")
        await pbx.cli("manager reload")
        assert missing(await look(pbx, "few")) == {}
    finally:
        conf.write_text(before)
        await pbx.cli("manager reload")


async def test_where_the_user_may_ask_what_it_hears_is_known(pbx: Pbx) -> None:
    told = missing(await look(pbx, "told"))
    assert told["no_read_system"] == told["no_write_system"] == "problem"
    assert told["no_read_dialplan"] == "warning"
    assert "read_unknown" not in told


async def test_filters_of_both_kinds_that_hide_what_is_needed(pbx: Pbx) -> None:
    report = await look(pbx, "careful")
    (found,) = [each for each in report.found if each.id == "filters_hide"]
    hidden = set(found.values["events"].split(", "))
    assert {"Newchannel", "VarSet", "Hangup"} <= hidden
    assert "Newstate" not in hidden


async def test_a_refused_user_and_a_refused_address_are_told_apart(pbx: Pbx) -> None:
    wrong = await look(pbx, "tests", "wrong")
    assert [found.id for found in wrong.found] == ["login_refused"]
    elsewhere = await look(pbx, "elsewhere")
    assert [found.id for found in elsewhere.found] in (["address_refused"], ["login_refused"])
    assert any(line.startswith("permit = ") for found in elsewhere.found for line in found.lines)


async def test_modules_and_records_that_go_are_missed_at_once(pbx: Pbx) -> None:
    etc = Path(pbx.folder) / "etc"
    kept = {name: (etc / name).read_text() for name in ("cel.conf", "cdr.conf")}
    try:
        for module in ("func_devstate", "chan_audiosocket"):
            await pbx.cli(f"module unload {module}.so")
        (etc / "cel.conf").write_text("[general]\nenable=no\n")
        (etc / "cdr.conf").write_text("[general]\nenable=no\n")
        await pbx.cli("module reload cel")
        await pbx.cli("module reload cdr")
        assert missing(await look(pbx, "tests")) == {
            "no_audiosocket": "warning",
            "cel_off": "warning",
            "cdr_off": "warning",
        }
        assert "no_devstate" in {found.id for found in (await look(pbx, "tests")).found}
        without_command = missing(await look(pbx, "dashboard"))
        assert {"no_audiosocket", "cel_off"} <= without_command.keys()
    finally:
        for name, text in kept.items():
            (etc / name).write_text(text)
        for module in ("func_devstate", "chan_audiosocket"):
            await pbx.cli(f"module load {module}.so")
        await pbx.cli("module reload cel")
        await pbx.cli("module reload cdr")
    assert missing(await look(pbx, "tests")) == {}


async def test_the_way_of_the_sound_is_tried_and_is_no_call(pbx: Pbx, tmp_path: Path) -> None:
    host, port = pbx.ami
    told: list[Fact] = []
    link = PbxLink(
        link="pbx1",
        name="PBX",
        url=parse_url(f"ami://tests:tests-secret@{host}:{port}"),
        on_facts=told.extend,
    )
    running = asyncio.create_task(link.run())
    try:
        await until(lambda: link.connection.is_up, "the link is up")
        found = []
        for also in ("", "127.0.0.1"):  # the PBX comes from another loopback address than it listens on
            settings = {"CALLFLOOR_DATA": str(tmp_path), "CALLFLOOR_AUDIOSOCKET": "127.0.0.1:0"}
            sound = AudioPort(read({**settings, "CALLFLOOR_AUDIOSOCKET_FROM": also}))
            await sound.open()
            try:
                found += [each.id for each in await audio(sound, link)]
            finally:
                await sound.close()
        assert found == ["no_audio_port", "audio_port"]
        assert not [fact for fact in told if isinstance(fact, facts.LegStarted)]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
