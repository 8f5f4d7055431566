"""Takes recordings of people into the tests: ``python -m support.taking_people FOLDER … [--suffix S]`` in ``tests/``.

As ``support.taking`` does with calls, and in the same form; kept beside the calls' events are those about devices,
do-not-disturb and queue seats. A folder has ``ami.jsonl`` (``{t, event}`` a line) or ``ami.raw`` with
``ami.chunks.jsonl`` (``{t, off, len}``: which bytes came when), ``meta.json`` (``about``) and ``truth.jsonl``. What the
phones did by themselves (registering, and the like) is kept as lines with ``#``.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from callfloor.asterisk.ami import Codec
from support.scenarios import Line
from support.taking import APPLICATIONS, HEADERS, VARIABLES

PEOPLE = Path(__file__).resolve().parent.parent / "scenarios" / "people"
_STATE = ("Membership", "Penalty", "LastCall", "InCall", "Status", "Paused", "PausedReason", "Wrapuptime")
_MEMBER = ("Queue", "MemberName", "Interface", "StateInterface", *_STATE)
_SEAT = ("Queue", "Name", "Location", "StateInterface", *_STATE)
PEOPLES: dict[str, tuple[str, ...]] = {
    "ContactStatus": ("URI", "ContactStatus", "AOR", "EndpointName", "RoundtripUsec"),
    "PeerStatus": ("ChannelType", "Peer", "PeerStatus"),
    "DeviceStateChange": ("Device", "State"),
    "DeviceStateListComplete": ("ListItems",),
    "PresenceStateChange": ("Presentity", "Status", "Subtype", "Message"),
    **dict.fromkeys(("QueueMemberAdded", "QueueMemberStatus", "QueueMemberPause", "QueueMemberRemoved"), _MEMBER),
    "QueueMemberPenalty": _MEMBER,
    "QueueMember": _SEAT,
    "ContactList": ("Endpoint", "Uri", "UserAgent", "ViaAddr", "ViaPort", "ExpirationTime", "Status", "RoundtripUsec"),
}
_DND = ("DB(DND/", "DND/", "DEVICE_STATE(Custom:")
_QUIET_DEVICES = ("Queue:", "MWI:", "park:")


def messages(folder: Path) -> Iterator[tuple[float, list[tuple[str, str]]]]:
    """When each message came, and its headers."""
    if (folder / "ami.jsonl").exists():
        for row in (folder / "ami.jsonl").read_text(encoding="utf-8").splitlines():
            told = json.loads(row)
            yield told["t"], [(name, str(value)) for name, value in told["event"].items()]
        return
    data, codec = (folder / "ami.raw").read_bytes(), Codec()
    for row in (folder / "ami.chunks.jsonl").read_text(encoding="utf-8").splitlines():
        chunk = json.loads(row)
        for message in codec.feed(data[chunk["off"] : chunk["off"] + chunk["len"]]):
            yield chunk["t"], message.items()


def kept(at_s: float, headers: list[tuple[str, str]]) -> Line | None:
    """The message as a line of a scenario, None for what is noise here."""
    found = dict(headers)
    event = found.get("Event", "")
    wanted = PEOPLES.get(event) or HEADERS.get(event)
    data = found.get("AppData", "")
    noise = (
        wanted is None
        or (event == "ExtensionStatus" and "ActionID" not in found)
        or (event == "VarSet" and found.get("Variable") not in VARIABLES)
        or (event == "Newexten" and found.get("Application") not in APPLICATIONS and not data.startswith(_DND))
        or (event == "DialState" and found.get("DialStatus") != "RINGING")
        or found.get("Device", "").startswith(_QUIET_DEVICES)
    )
    if noise or wanted is None:
        return None
    told = [(name, found[name]) for name in (*wanted, "ActionID", "EventList") if found.get(name)]
    return Line(at_s, event, tuple(told))


def take(folder: Path, name: str) -> Path:
    """Write one recording's file."""
    start_at = 0.0
    lines = []
    for at, headers in messages(folder):
        start_at = start_at or float(int(at))
        line = kept(at - start_at, headers)
        if line is not None:
            lines.append(line.text())
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    acts = []
    for row in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        told = json.loads(row)
        who = told.get("phone") or "-"
        acts.append(f"# {told['t'] - start_at:.3f} {who} {told['what']} {told.get('peer', '')}".rstrip())
    file = PEOPLE / f"{name}.ami"
    file.write_text("\n".join([f"# {meta['about']}", f"# start {start_at:.0f}", *acts, *lines, ""]), encoding="utf-8")
    return file


def main() -> None:
    """The command line."""
    arguments = argparse.ArgumentParser(prog="python -m support.taking_people", description=__doc__)
    arguments.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    arguments.add_argument("--suffix", default="", help="put behind each name: of another version of Asterisk, say")
    chosen = arguments.parse_args()
    for folder in chosen.folders:
        print(take(folder, folder.name + chosen.suffix))


if __name__ == "__main__":
    main()
