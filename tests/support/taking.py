"""Takes recordings into the tests.

``PYTHONPATH=tests python -m support.taking FOLDER … [--suffix S]``; ``… --renew [NAME …]`` after the floor has changed.

A folder is a recording as ``callfloor record`` or the lab makes it: ``ami.jsonl`` (``{t, event}`` a line; perhaps
``ami-late.jsonl``, a second connection made in mid-call), ``meta.json`` (``about``, ``expect``, ``notes``) and
``truth.jsonl`` (what each phone did, by the same clock). Of each recording a ``.ami`` file and an ``.expected.json``
are written; ``calls`` in the latter is what the floor makes of it now and is believed only once it has been reviewed.
"""

import argparse
import json
from collections.abc import Iterator
from itertools import count, groupby
from pathlib import Path
from typing import Any

import msgspec

from support.laws import WatchedFloor, play
from support.scenarios import CAPTURES, Line, Player, load, names

_CHANNEL = ("Channel", "ChannelState", "CallerIDNum", "Context", "Exten", "Uniqueid", "Linkedid")
_LINE = ("Channel", "ChannelState", "CallerIDNum", "ConnectedLineNum", "Context", "Exten", "Uniqueid", "Linkedid")


def _of(*prefixes: str) -> tuple[str, ...]:
    return tuple(f"{prefix}{header}" for prefix in prefixes for header in (_LINE if prefix else _CHANNEL))


# What the translator and the resync read of each event, with what begins a channel whose Newchannel was lost.
HEADERS: dict[str, tuple[str, ...]] = {
    "Newchannel": _LINE,
    "Newstate": _LINE,
    "Rename": ("Channel", "Newname", "Uniqueid"),
    "Hangup": (*_of(""), "Cause", "TechCause"),
    "HangupRequest": (*_of(""), "Cause", "TechCause"),
    "BridgeEnter": ("BridgeUniqueid", "BridgeTechnology", *_of(""), "SwapUniqueid"),
    "BridgeLeave": ("BridgeUniqueid", "BridgeTechnology", *_of("")),
    "DialBegin": (*_of("", "Dest"), "DialString"),
    "DialState": (*_of("", "Dest"), "DialStatus"),
    "DialEnd": (*_of("", "Dest"), "DialStatus", "Forward"),
    "NewCallerid": _LINE,
    "Hold": _of(""),
    "Unhold": _of(""),
    "QueueCallerJoin": (*_of(""), "Queue", "Position", "Count"),
    "QueueCallerLeave": (*_of(""), "Queue", "Position", "Count"),
    "AttendedTransfer": (
        "Result",
        *_of("OrigTransferer", "SecondTransferer", "TransferTarget", "Transferee"),
        "DestType",
    ),
    "BlindTransfer": ("Result", *_of("Transferer", "Transferee"), "IsExternal", "Context", "Extension"),
    "Pickup": _of("", "Target"),
    "ParkedCall": (*_of("Parkee"), "ParkerDialString", "ParkingSpace"),
    "UnParkedCall": (*_of("Parkee", "Retriever"), "ParkingSpace"),
    "ParkedCallTimeOut": (*_of("Parkee"), "ParkingSpace"),
    "ParkedCallGiveUp": (*_of("Parkee"), "ParkingSpace"),
    "ChanSpyStart": _of("Spyer", "Spyee"),
    "ReceiveFAX": _of(""),
    "MessageWaiting": ("Mailbox", "Waiting", "New", *_of("")),
    "VarSet": (*_of(""), "Variable", "Value"),
    "Newexten": (*_of(""), "Application", "AppData"),
    "ConfbridgeJoin": (*_of(""), "Conference"),
    "ConfbridgeLeave": (*_of(""), "Conference"),
    "MeetmeJoin": (*_of(""), "Meetme"),
    "MeetmeLeave": (*_of(""), "Meetme"),
    "FullyBooted": (),
    "Shutdown": ("Shutdown", "Restart"),
    # of listings
    "CoreShowChannel": (*_LINE, "Application", "ApplicationData", "Duration", "BridgeId"),
    "CoreShowChannelsComplete": ("ListItems",),
    "Status": (*_LINE, "DNID", "Application", "Duration", "BridgeID"),
    "StatusComplete": ("ListItems",),
    "BridgeListItem": ("BridgeUniqueid", "BridgeType", "BridgeTechnology", "BridgeNumChannels"),
    "BridgeListComplete": ("ListItems",),
    "QueueMember": ("Queue", "Name", "Location", "StateInterface"),
    "QueueEntry": ("Queue", "Position", "Channel", "Uniqueid", "CallerIDNum", "ConnectedLineNum", "Wait"),
    "QueueStatusComplete": ("ListItems",),
    "ContactList": ("Endpoint", "ExpirationTime"),
    "ContactListComplete": ("ListItems",),
    "ExtensionStatus": ("Exten", "Context", "Hint"),
    "ExtensionStateListComplete": ("ListItems",),
}
VARIABLES = ("MIXMONITOR_FILENAME", "QUEUESTATUS")
APPLICATIONS = frozenset(
    [
        "BackGround",
        "Background",
        "WaitExten",
        "Read",
        "VoiceMail",
        "VoiceMailMain",
        "ReceiveFAX",
        "SendFAX",
        "RxFAX",
        "ConfBridge",
        "MeetMe",
        "ChanSpy",
        "ExtenSpy",
        "Directory",
        "Playback",
        "Echo",
    ]
)
LISTED_ONLY = frozenset({"ExtensionStatus", "QueueMember", "ContactList", "Status"})  # as events they are noise


def compact(source: Path) -> tuple[float, list[Line]]:
    """The start and the lines of a recording's ``ami.jsonl``."""
    start_at, lines = 0.0, []
    for row in source.read_text(encoding="utf-8").splitlines():
        told = json.loads(row)
        start_at = start_at or int(told["t"])
        line = _line(told["t"] - start_at, told["event"])
        if line is not None:
            lines.append(line)
    return start_at, lines


def _line(at_s: float, event: dict[str, Any]) -> Line | None:
    name = str(event.get("Event", ""))
    wanted = HEADERS.get(name)
    listed = event.get("ActionID")
    if (
        wanted is None
        or (name in LISTED_ONLY and not listed)
        or (name == "VarSet" and event.get("Variable") not in VARIABLES)
        or (name == "Newexten" and event.get("Application") not in APPLICATIONS)
        or (name == "DialState" and event.get("DialStatus") != "RINGING")
    ):
        return None
    headers = [(header, str(event[header])) for header in wanted if event.get(header)]
    if listed:
        headers.append(("ActionID", str(listed)))
        if event.get("EventList"):
            headers.append(("EventList", str(event["EventList"])))
    return Line(at_s, name, tuple(headers))


def phones(source: Path, start_at: float, spied_by: str | None = None) -> list[dict[str, Any]]:
    """What each phone did: one row for each SIP dialogue, instants in seconds since the start."""
    rows: dict[str, dict[str, Any]] = {}
    for text in source.read_text(encoding="utf-8").splitlines():
        told = json.loads(text)
        dialogue = told.get("sip_call_id")
        if dialogue is None:
            continue
        at = round(told["t"] - start_at, 4)
        new = {"phone": told["phone"], "dir": told["dir"], "peer": told["peer"], "began": at}
        if told["phone"].startswith("client"):
            new["number"] = told.get("called") or told.get("caller")
        row = rows.setdefault(f"{told['phone']} {dialogue}", new)
        match told["what"]:
            case "ringing" if told["dir"] == "in":
                row.setdefault("rang", at)
            case "up":
                row["up"] = at
            case "hold" if told.get("code") == 200:
                row.setdefault("held", []).append([at])
            case "unhold" if row.get("held"):
                row["held"][-1].append(at)
            case "refer" | "dtmf":
                row.setdefault("did", []).append([at, told["what"], told.get("to") or told.get("digits")])
            case "ended":
                row |= {"ended": at, "code": told.get("code"), "by": told["by"]}
            case _:
                pass
    return [row | {"hidden": why} if (why := _hidden(row, spied_by)) else row for row in rows.values()]


def _hidden(row: dict[str, Any], spied_by: str | None) -> str | None:
    """Why a phone's dialogue is part of no call, if so: to be looked at by the reviewer."""
    if row["dir"] == "in" and row["phone"] == spied_by:
        return "a supervisor's leg"
    if row["dir"] == "out" and row["peer"].startswith(("*7", "*4", "*9")):
        return "a feature code"
    return None


_SHARED = {"QueueStatusComplete": "members", "ContactListComplete": "contacts", "ExtensionStateListComplete": "hints"}


def share(lines: list[Line]) -> list[str]:
    """The lines' texts; a listing of people that other captures have as well becomes ``<seconds>\t@<its file>``."""
    texts: list[str] = []
    for listing, group in groupby(lines, key=lambda line: line.listed):
        rows = list(group)
        kind = _SHARED.get(rows[-1].event) if listing else None
        if kind is None or any(row.event == "QueueEntry" for row in rows):
            texts += [row.text() for row in rows]
            continue
        told = [*sorted({_unstamped(row) for row in rows[:-1]}), _unstamped(rows[-1])]
        texts.append(f"{rows[-1].at_s:.6f}\t@{_shared_file(kind, chr(10).join(told) + chr(10))}")
    return texts


def _unstamped(row: Line) -> str:
    """A listing's line without what differs each time: when, under which ActionID, when a registration ends."""
    headers = []
    for header, value in row.headers:
        if header == "ExpirationTime":
            headers.append((header, "4102444800" if 0 < int(value) < 2**33 else value))
        elif header not in ("ActionID", "ListItems"):
            headers.append((header, value))
    return "\t".join((row.event, *(f"{header}: {value}" for header, value in headers)))


def _shared_file(kind: str, text: str) -> str:
    for number in count(1):
        file = CAPTURES / f"{kind}-{number}.listing"
        if not file.exists():
            file.write_text(text, encoding="utf-8")
        if file.read_text(encoding="utf-8") == text:
            return file.name
    raise AssertionError("numbers end")


def take(folder: Path, name: str) -> Iterator[str]:
    """Write one recording's files; yields the names written."""
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    for source, suffix in (("ami", ""), ("ami-late", "-late")):
        if not (folder / f"{source}.jsonl").exists():
            continue
        start_at, lines = compact(folder / f"{source}.jsonl")
        head = [f"# {meta['about']}", f"# start {start_at:.0f}"]
        text = "\n".join([*head, *share(lines), ""])
        (CAPTURES / f"{name}{suffix}.ami").write_text(text, encoding="utf-8")
        expected = {
            "about": meta["about"],
            "expect": meta["expect"],
            "phones": phones(folder / "truth.jsonl", start_at, meta["expect"].get("spied_by")),
        }
        write(f"{name}{suffix}", expected)
        yield f"{name}{suffix}"


def write(name: str, expected: dict[str, Any]) -> None:
    """An expectation: a phone a line, a call in lines."""
    parts = []
    for key, value in expected.items():
        if isinstance(value, list) and value:
            rows = ",\n".join(f"  {_row(row)}" for row in value)
            parts.append(f' "{key}": [\n{rows}\n ]')
        else:
            parts.append(f' "{key}": {json.dumps(value, ensure_ascii=False)}')
    (CAPTURES / f"{name}.expected.json").write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def _row(row: dict[str, Any]) -> str:
    if "call_id" not in row:
        return json.dumps(row, ensure_ascii=False)
    fields = []
    for key, value in row.items():
        if key in ("story", "employees", "queues") and value:
            inner = ",\n".join(f"    {json.dumps(item, ensure_ascii=False)}" for item in value)
            fields.append(f'"{key}": [\n{inner}]')
        else:
            fields.append(f'"{key}": {json.dumps(value, ensure_ascii=False)}')
    return "{" + ",\n   ".join(fields) + "}"


def renew(name: str) -> None:
    """Write the calls anew as the floor tells them now; the rest of the expectation stays. Review it then."""
    capture = load(name)
    watched = play(WatchedFloor(), Player().play(capture.start_at, capture.lines, name))
    records = [*watched.records, *watched.floor.unfinished(capture.end_at)]
    calls = [_rounded(msgspec.to_builtins(record), capture.start_at) for record in records]
    write(name, {**capture.expected, "calls": calls})


def _rounded(value: Any, start_at: float) -> Any:
    """Instants as seconds since the start; all to the millisecond."""
    if isinstance(value, dict):
        return {
            key: round(part - start_at, 3)
            if part is not None and (key == "at" or key.endswith("_at"))
            else _rounded(part, start_at)
            for key, part in value.items()
        }
    if isinstance(value, list | tuple):
        return [_rounded(part, start_at) for part in value]
    return round(value, 3) if isinstance(value, float) else value


def main() -> None:
    """The command line."""
    arguments = argparse.ArgumentParser(prog="python -m support.taking", description=__doc__)
    arguments.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    arguments.add_argument("--suffix", default="", help="put behind each name: of another version of Asterisk, say")
    arguments.add_argument("--renew", action="store_true", help="FOLDER is a capture's name: write its calls anew")
    chosen = arguments.parse_args()
    if chosen.renew:
        for name in chosen.folders or names():
            renew(str(name))
        return
    for folder in chosen.folders:
        for name in take(folder, folder.name + chosen.suffix):
            print(name)


if __name__ == "__main__":
    main()
