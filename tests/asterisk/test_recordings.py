"""Calls that a real Asterisk records, in FreePBX's names and formats, heard through the product's door."""

import time
from datetime import UTC, datetime

import pytest

from callfloor.floor.calls import CallRecord
from support.house import House
from support.pbx.lab import during
from support.sound_files import loudness
from support.waiting import answer

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

CLIENTS_HZ, EMPLOYEES_HZ = 600, 1000
TALKED_S = 2.0


async def recorded(house: House, form: str) -> CallRecord:
    """A conversation in which both send a tone, recorded in this format; as the journal has it."""
    lab = house.lab
    await lab.setting("RECFORMAT", form)
    lab.clients.hertz, lab.phones["101"].hertz = CLIENTS_HZ, EMPLOYEES_HZ
    try:
        since = time.time()
        client, _ = await lab.talking()
        await during(TALKED_S)
        client.hang_up()
        return await house.product.record(since)
    finally:
        await lab.setting("RECFORMAT", "")
        lab.clients.hertz = lab.phones["101"].hertz = 0


@pytest.mark.parametrize(("form", "extension"), [("wav", "wav"), ("wav49", "WAV"), ("gsm", "gsm")])
async def test_a_recorded_call_is_heard(form: str, extension: str, house: House) -> None:
    record = await recorded(house, form)
    assert record.recording is not None
    day = datetime.fromtimestamp(record.started_at, UTC)  # the tests' PBX keeps UTC
    assert f"/{day:%Y/%m/%d}/in-" in record.recording, "it is named as FreePBX names"
    (file,) = house.lab.pbx.folder.joinpath(f"spool/monitor/{day:%Y/%m/%d}").glob(
        f"*-{record.call_id.partition('-')[2]}.*"
    )
    assert file.suffix == f".{extension}"

    rest, path = house.product.rest, f"{house.product.api}/journal/calls/{record.call_id}/recording"
    drawn = (
        await answer(
            lambda: rest.get(f"{path}/peaks"),
            lambda found: found.status_code == 200 and found.json()["complete"],
            "the PBX has closed the file",
        )
    ).json()
    assert drawn["name"] == file.name
    assert drawn["duration_s"] == pytest.approx(record.talk_s, abs=house.near(record.started_at, 0.5))
    assert max(drawn["channels"][0]) > 50

    whole = await rest.get(path)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    both, neither = (
        [loudness(whole.content, hertz) for hertz in (CLIENTS_HZ, EMPLOYEES_HZ)],
        loudness(whole.content, (CLIENTS_HZ + EMPLOYEES_HZ) / 2),
    )
    assert min(both) > 20 * neither, "both sides are in it, and nothing else"

    half = len(whole.content) // 2
    rest_of_it = await rest.get(path, headers={"Range": f"bytes={half}-", "If-Range": whole.headers["etag"]})
    assert (rest_of_it.status_code, rest_of_it.content) == (206, whole.content[half:])
    saved = await rest.get(path, params={"download": 1})
    assert saved.content == file.read_bytes()


async def test_a_recording_that_was_moved_away_is_missing_and_then_found_by_its_channel(house: House) -> None:
    record = await recorded(house, "wav")
    assert record.recording is not None
    path = f"{house.product.api}/journal/calls/{record.call_id}/recording"
    file = next(house.lab.pbx.folder.joinpath("spool/monitor").rglob(record.recording.rpartition("/")[2]))
    away = file.rename(house.lab.pbx.folder / "away.wav")
    gone = await house.product.rest.get(path)
    assert (gone.status_code, gone.json()["error_id"]) == (404, "recording_missing")
    away.rename(file.with_name(f"renamed-{record.call_id.partition('-')[2]}.wav"))
    assert (await house.product.rest.get(path)).status_code == 200
