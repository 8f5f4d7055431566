"""AMI messages about what happens in a call, into facts: hold, queues, transfers, parking, services, supervision.

``translate`` has the channels themselves and hands these messages over.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from callfloor.asterisk.channels import Channel
from callfloor.asterisk.fax import FAX_VARIABLE, Faxes, mailbox
from callfloor.asterisk.message import Message
from callfloor.asterisk.numbers import known_number
from callfloor.asterisk.people import DND_KEY
from callfloor.floor import facts
from callfloor.floor.facts import Service, TransferKind
from callfloor.floor.messages import FaxDirection

if TYPE_CHECKING:
    from callfloor.asterisk.translate import Translator

# Applications that tell what a caller hears; the rest of Newexten is dropped unread.
SERVICES: Final = {
    "BackGround": Service.IVR,
    "Background": Service.IVR,
    "WaitExten": Service.IVR,
    "Read": Service.IVR,
    "VoiceMail": Service.VOICEMAIL,
    "ReceiveFAX": Service.FAX,
    "SendFAX": Service.FAX,
    "RxFAX": Service.FAX,
    "ConfBridge": Service.CONFERENCE,
    "MeetMe": Service.CONFERENCE,
}
SPYING: Final = frozenset({"ChanSpy", "ExtenSpy"})
_QUEUE_STATUS = b"\nVariable: QUEUESTATUS\n"
_RECORDING = b"\nVariable: MIXMONITOR_FILENAME"
_APPLICATION = b"\nApplication: "
_APPLICATIONS = tuple(name.encode() + b"\n" for name in SERVICES)


class Happenings:
    """What happens in the calls of one PBX."""

    def __init__(self, translator: "Translator") -> None:
        self._pbx = translator
        self._faxes = Faxes(translator)
        self.handlers: dict[str, Callable[[float, Message], None]] = {
            "Hold": self._hold,
            "Unhold": self._unhold,
            "QueueCallerJoin": self._queue_join,
            "QueueCallerLeave": self._queue_leave,
            "AttendedTransfer": self._attended_transfer,
            "BlindTransfer": self._blind_transfer,
            "Pickup": self._pickup,
            "ParkedCall": self._parked,
            "UnParkedCall": self._unparked,
            "ParkedCallTimeOut": self._parking_timed_out,
            "ChanSpyStart": self._spy_start,
            "ReceiveFAX": self._fax,
            "SendFAX": self._fax_sent,
            "MessageWaiting": self._message_waiting,
            "VarSet": self._var_set,
            "Newexten": self._newexten,
        }

    # --- hold, queues, transfers ------------------------------------------------------------------------------

    def _hold(self, at: float, message: Message) -> None:
        channel = self._pbx.channel(at, message)
        if channel is not None and channel.is_leg:
            self._pbx.tell(facts.LegHeld(at, self._pbx.leg_id(channel.uid)))

    def _unhold(self, at: float, message: Message) -> None:
        channel = self._pbx.channel(at, message)
        if channel is not None and channel.is_leg:
            self._pbx.tell(facts.LegUnheld(at, self._pbx.leg_id(channel.uid)))

    def _queue_join(self, at: float, message: Message) -> None:
        channel = self._pbx.channel(at, message)
        if channel is None:
            return
        self._pbx.promote(at, channel, message)
        self._pbx.interventions.entered(message.get("Queue"), message.get("Context"), message.get("Exten"))
        self.join_queue(at, channel, message.get("Queue"), _whole(message.get("Position")))

    def join_queue(
        self, at: float, channel: Channel, queue: str, position: int | None, *, partial: bool = False
    ) -> None:
        channel.queue = queue
        leg = self._waiting_leg(channel)
        if leg is not None:
            self._pbx.tell(facts.QueueJoined(at=at, leg=leg, queue=queue, position=position, partial=partial))

    def _waiting_leg(self, channel: Channel) -> str | None:
        """Who waits: the channel itself, or behind a Local half (a Local member transferred them) the caller."""
        if channel.is_leg:
            return self._pbx.leg_id(channel.uid)
        group = channel.group
        return self._pbx.leg_id(group.legs[0]) if group.calling and group.legs else None

    def _queue_leave(self, at: float, message: Message) -> None:
        channel = self._pbx.channel(at, message)
        if channel is not None:
            self.leave_queue(at, channel, message.get("Queue"))

    def leave_queue(self, at: float, channel: Channel, queue: str) -> None:
        channel.queue = None
        leg = self._waiting_leg(channel)
        if leg is not None:
            self._pbx.tell(facts.QueueLeft(at, leg, queue))

    def _attended_transfer(self, at: float, message: Message) -> None:
        first = self._pbx.channel(at, message, "OrigTransferer")
        second = self._pbx.channel(at, message, "SecondTransferer")
        if first is None or message.get("Result") != "Success":
            return
        target = message.get("TransferTargetCallerIDNum") or message.get("OrigTransfererConnectedLineNum")
        leg = self._pbx.leg_id(first.uid)
        self._pbx.tell(facts.Transferred(at=at, leg=leg, kind=TransferKind.ATTENDED, target=known_number(target)))
        if second is not None:
            self._pbx.plumbing.join(at, first.group, second.group)

    def _blind_transfer(self, at: float, message: Message) -> None:
        channel = self._pbx.channel(at, message, "Transferer")
        if channel is not None and message.get("Result") == "Success":
            target = known_number(message.get("Extension"))
            leg = self._pbx.leg_id(channel.uid)
            self._pbx.tell(facts.Transferred(at=at, leg=leg, kind=TransferKind.BLIND, target=target))

    def _pickup(self, at: float, message: Message) -> None:
        channel, target = self._pbx.channel(at, message), self._pbx.channel(at, message, "Target")
        if channel is None or target is None:
            return
        if channel.is_leg and target.is_leg:
            self._pbx.tell(facts.PickedUp(at, self._pbx.leg_id(channel.uid), self._pbx.leg_id(target.uid)))
        self._pbx.plumbing.join(at, target.group, channel.group)

    def _parked(self, at: float, message: Message) -> None:
        channel = self._pbx.channel(at, message, "Parkee")
        if channel is not None and channel.is_leg:
            self._pbx.tell(facts.Parked(at, self._pbx.leg_id(channel.uid), message.get("ParkingSpace")))

    def _unparked(self, at: float, message: Message) -> None:
        channel, retriever = (
            self._pbx.channel(at, message, "Parkee"),
            self._pbx.channel(at, message, "Retriever"),
        )
        if channel is None:
            return
        if channel.is_leg:
            self._pbx.tell(facts.Unparked(at, self._pbx.leg_id(channel.uid)))
        if retriever is not None:
            self._pbx.plumbing.join(at, channel.group, retriever.group)

    def _parking_timed_out(self, at: float, message: Message) -> None:
        channel = self._pbx.channel(at, message, "Parkee")
        if channel is not None and channel.is_leg:
            self._pbx.tell(facts.Unparked(at, self._pbx.leg_id(channel.uid), timed_out=True))

    # --- services, supervision, recordings --------------------------------------------------------------------

    def _spy_start(self, at: float, message: Message) -> None:
        self._pbx.spies.started(at, message)
        spy = self._pbx.plumbing.channels.get(message.get("SpyerUniqueid"))
        if spy is not None:
            self._supervise(at, spy, message.get("SpyeeUniqueid"))

    def _supervise(self, at: float, spy: Channel, target: str) -> None:
        if spy.is_leg:
            self._pbx.tell(facts.SupervisionStarted(at, self._pbx.leg_id(spy.uid), self._pbx.leg_id(target)))
            spy.is_leg = False
            spy.group.legs.remove(spy.uid)

    def found_in(self, at: float, channel: Channel, message: Message) -> None:
        """A listing shows a channel in this application: what began unseen is told now."""
        application = message.get("Application")
        if application in SPYING:
            self._supervise(at, channel, "")
        elif application in SERVICES:
            if application == "ReceiveFAX":
                self._pbx.promote(channel.seen_at, channel, message, seen_at=at)
            self._serve(at, channel, SERVICES[application])

    def _serve(self, at: float, channel: Channel, service: Service, name: str | None = None) -> None:
        uid = channel.uid
        if not channel.is_leg:
            if service is not Service.VOICEMAIL or not channel.group.legs:
                return
            uid = channel.group.legs[0]  # a Local half answered by a mailbox: it is the caller who hears it
        self._pbx.tell(facts.ServiceEntered(at=at, leg=self._pbx.leg_id(uid), service=service, name=name))

    def _fax(self, at: float, message: Message) -> None:
        channel = self._pbx.channel(at, message)
        if channel is not None:
            self._pbx.promote(at, channel, message)
            self._serve(at, channel, Service.FAX)
        self._faxes.ended(at, message, channel, FaxDirection.RECEIVED)

    def _fax_sent(self, at: float, message: Message) -> None:
        self._faxes.ended(at, message, self._pbx.channel(at, message), FaxDirection.SENT)

    def _message_waiting(self, at: float, message: Message) -> None:
        channel = self._pbx.plumbing.channels.get(message.get("Uniqueid"))
        touched = mailbox(at, message, channel, self._pbx.link)
        if touched is not None:
            self._pbx.tell(touched)
        if channel is not None and channel.account is None:  # an employee's own is them listening to their box
            self._serve(at, channel, Service.VOICEMAIL, message.get("Mailbox") or None)

    def _newexten(self, at: float, message: Message) -> None:
        if DND_KEY in message.raw:
            self._pbx.plumbing.out += self._pbx.people.dialplan(at, message)
        start = message.raw.find(_APPLICATION)
        if start < 0 or not message.raw.startswith(_APPLICATIONS, start + len(_APPLICATION)):
            return
        channel = self._pbx.channel(at, message)
        application = message.get("Application")
        if channel is None:
            return
        if application == "ReceiveFAX":
            self._pbx.promote(at, channel, message)
        name = (
            message.get("Context") if SERVICES[application] is Service.IVR else message.get("AppData").partition(",")[0]
        )
        self._serve(at, channel, SERVICES[application], name or None)

    def _queue_gave_up(self, at: float, message: Message) -> None:
        """QUEUESTATUS is set where Queue() goes on in the dialplan (TIMEOUT, JOINEMPTY), not where the caller left."""
        channel = self._pbx.channel(at, message)
        leg = self._waiting_leg(channel) if channel is not None else None
        if leg is not None and message.get("Value") not in ("", "CONTINUE"):
            self._pbx.tell(facts.QueueGaveUp(at, leg))

    def _var_set(self, at: float, message: Message) -> None:
        if _QUEUE_STATUS in message.raw:
            self._queue_gave_up(at, message)
        if FAX_VARIABLE in message.raw:
            self._faxes.variable(message)
        if _RECORDING not in message.raw:
            return
        channel, file = self._pbx.channel(at, message), message.get("Value")
        if channel is None or not file:
            return
        if channel.group.legs:
            uid = channel.uid if channel.is_leg else channel.group.legs[0]
            self._pbx.tell(facts.Recorded(at, self._pbx.leg_id(uid), file))
        else:
            channel.group.pending.append(file)


def _whole(value: str) -> int | None:
    return int(value) if value.isdigit() else None
