"""Voicemail and faxes for the web's tests: one of Anna's, one of Boris's, in the store alone."""

import msgspec

from callfloor.floor.messages import FaxDirection, FaxRecord, FaxResult, VoicemailMessage
from callfloor.store.store import ProjectStore
from support.web_floor import NOW


def voicemail(box: str, number: int = 0, **more: object) -> VoicemailMessage:
    """A new message in a box."""
    made = VoicemailMessage(
        key=f"default/{box}/{number}",
        context="default",
        box=box,
        folder="INBOX",
        place=f"default/{box}/INBOX/msg{number:04}",
        sound="wav",
        bytes=16_000,
        caller_number="48601234567",
        caller_name="Zofia Żółć",
        channel=f"PJSIP/trunk-{number:08}",
        left_at=float(int(NOW)) - 60 + number,
        duration_s=5.0,
    )
    return msgspec.structs.replace(made, **more)


def fax(call_id: str | None, **more: object) -> FaxRecord:
    """A fax that was received in a call."""
    made = FaxRecord(
        key=f"pbx1-{call_id}",
        link="pbx1",
        direction=FaxDirection.RECEIVED,
        at=NOW - 30,
        call_id=call_id,
        account=None,
        number="48221234567",
        e164="+48221234567",
        station="ACME +48 22",
        local_station=None,
        pages=2,
        resolution="8031x3850",
        rate=14_400,
        result=FaxResult.SUCCESS,
        error=None,
        files=("/var/spool/asterisk/fax/1.tif",),
    )
    return msgspec.structs.replace(made, **more)


def leave(store: ProjectStore) -> None:
    """A message in 101's box and one in 201's; a fax in the call ``done-anna`` and one in ``done-boris``."""
    store.voicemails.apply([voicemail("101"), voicemail("201", 1)], [], at=NOW, calls_of={}, e164=lambda _: None)
    for call_id in ("done-anna", "done-boris"):
        store.faxes.put(fax(call_id), keeping="missing", kept_files=(), kept_pages=None)
