"""What a PBX would list at any moment of a capture: for scenarios of a link that was lost and came back."""

from dataclasses import dataclass, field

from support.scenarios import Line

PREFIXES = ("", "Dest", "Parkee", "Transferer", "Transferee", "OrigTransferer", "SecondTransferer", "TransferTarget")
KEPT = ("Channel", "ChannelState", "CallerIDNum", "ConnectedLineNum", "Context", "Exten", "Linkedid")


@dataclass
class Known:
    """One channel as the PBX has it."""

    began_s: float
    headers: dict[str, str]
    dnid: str = ""
    application: str = ""
    bridge: str = ""
    queue: tuple[str, str, float] | None = None  # name, position, since


@dataclass
class Shadow:
    """A PBX's channels, bridges and queues, by everything it ever said."""

    channels: dict[str, Known] = field(default_factory=dict)
    holding: set[str] = field(default_factory=set)

    def hear(self, line: Line) -> None:
        """Take notice of one message."""
        if line.listed:
            return
        for prefix in PREFIXES:
            self._update(line, prefix)
        uid = line.get("Uniqueid")
        match line.event:
            case "Rename" if uid in self.channels:
                self.channels[uid].headers["Channel"] = line.get("Newname")
            case "Hangup":
                self.channels.pop(uid, None)
            case "BridgeEnter" if uid in self.channels:
                self.channels[uid].bridge = line.get("BridgeUniqueid")
                if line.get("BridgeTechnology") == "holding_bridge":
                    self.holding.add(line.get("BridgeUniqueid"))
            case "BridgeLeave" if uid in self.channels:
                self.channels[uid].bridge = ""
            case "DialBegin" if line.get("DestUniqueid") in self.channels:
                called = self.channels[line.get("DestUniqueid")]
                called.application = "AppDial" if line.get("Channel") else "AppDial2"
            case "QueueCallerJoin" if uid in self.channels:
                self.channels[uid].queue = line.get("Queue"), line.get("Position"), line.at_s
            case "QueueCallerLeave" if uid in self.channels:
                self.channels[uid].queue = None
            case "ChanSpyStart" if line.get("SpyerUniqueid") in self.channels:
                self.channels[line.get("SpyerUniqueid")].application = "ChanSpy"
            case "Newexten" if uid in self.channels:
                self.channels[uid].application = line.get("Application")
            case _:
                pass

    def _update(self, line: Line, prefix: str) -> None:
        uid = line.get(f"{prefix}Uniqueid")
        if not uid:
            return
        told = {header: value for header in KEPT if (value := line.get(f"{prefix}{header}"))}
        if line.event == "Newchannel":
            dnid = told.get("Exten", "") if told.get("ChannelState") == "4" else ""
            self.channels[uid] = Known(line.at_s, told, dnid)
        elif uid in self.channels:
            self.channels[uid].headers |= told

    def listing(self, at_s: float) -> list[Line]:
        """The answers to the list actions of a resync, people left out (they were listed at the start)."""
        lines = [
            Line(at_s, "BridgeListItem", (("BridgeUniqueid", bridge), ("BridgeTechnology", "holding_bridge")))
            for bridge in sorted(self.holding)
        ]
        made = [*_listing("bridges", "BridgeListComplete", lines, at_s)]
        status, channels, entries = [], [], []
        for uid, known in self.channels.items():
            own = (*known.headers.items(), ("Uniqueid", uid))
            age_s = int(at_s - known.began_s)
            age = f"{age_s // 3600:02}:{age_s // 60 % 60:02}:{age_s % 60:02}"
            status.append(Line(at_s, "Status", (*own, ("DNID", known.dnid))))
            more = (("Application", known.application), ("Duration", age), ("BridgeId", known.bridge))
            channels.append(Line(at_s, "CoreShowChannel", (*own, *more)))
            if known.queue is not None:
                name, position, since_s = known.queue
                wait = (("Queue", name), ("Position", position), ("Wait", str(int(at_s - since_s))))
                entries.append(Line(at_s, "QueueEntry", (*wait, ("Uniqueid", uid))))
        made += _listing("channels", "CoreShowChannelsComplete", channels, at_s)
        made += _listing("status", "StatusComplete", status, at_s)
        made += _listing("queues", "QueueStatusComplete", entries, at_s)
        return made


def _listing(action: str, complete: str, lines: list[Line], at_s: float) -> list[Line]:
    """The lines as one action's answer, with its end."""
    stamp = ("ActionID", f"again-{action}")
    answered = [Line(line.at_s, line.event, (*line.headers, stamp)) for line in lines]
    return [*answered, Line(at_s, complete, (stamp, ("EventList", "Complete")))]
