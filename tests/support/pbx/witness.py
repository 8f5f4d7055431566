"""What each call was, by the phones' truth and Asterisk's own records: independent of Callfloor and of AMI.

Channels that share a linkedid at any time, that are bridged, transferred or picked up together, are one call. The
phones say who called, rang, answered, held and hung up, and when; CEL says who was bridged with whom.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from support.pbx.conversation import Company, Stretches, companies, joined, music_on_hold, total
from support.pbx.groups import Group, groups_of
from support.pbx.phone_legs import PhoneLeg, lag_s, legs_of, match_channels, ringing_lag_s
from support.pbx.records import Records, channels_of

TOGETHER_S = 0.25  # legs that end within this ended by one hang-up
UNWRITTEN_S = 0.5
"""What a PBX wrote down of so long before it was killed may have been on its way."""
SURE_S = 0.02  # two who hang up within this: the PBX may have heard either first
BUSY, NO_ANSWER, DECLINED = {486, 600}, {480, 487, 408}, {603}
TAKING = ("*8", "**", "70", "71", "72", "8000")
"""What an employee dials to come into a call: pick-up, a parking slot, the conference."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One account in a call; ``rang_s`` over all its devices, ``talk_s`` with the client (or whoever was there)."""

    rang_s: float
    answered_at: float | None
    talk_s: float
    rang_at: float | None


@dataclass(frozen=True, kw_only=True)
class Witnessed:
    """One call. ``results`` are the words that fit it (a 603 may be called busy or unanswered)."""

    type: str
    results: frozenset[str]
    client_number: str | None
    business_number: str | None
    started_at: float
    answered_at: float | None
    ended_at: float | None
    talk_s: float
    hold_s: float
    parts: dict[str, Part]
    external: dict[str, float]  # outside numbers beside the client's: seconds of talk
    queues: tuple[str, ...]
    ended_by: str | None
    answers: tuple[float, ...]  # whenever anybody answered
    uniqueids: frozenset[str]
    lag_s: float  # between the phones and the PBX itself
    cut: bool  # the PBX went down in the middle
    machine: bool  # no phone took part, so nobody saw more than that it was


def witnessed_calls(records: Records) -> tuple[list[Witnessed], list[str]]:
    """The calls in the order they began, and what in the records themselves does not fit together."""
    channels = channels_of(records.cel)
    legs = legs_of(records.truth)
    complaints = [
        f"{leg.device} {leg.direction} {leg.peer} at {leg.began_at:.3f}: no channel in CEL"
        for leg in match_channels(legs, channels.values())
        if leg.code not in {401, 403, 404, 408} and leg.ended_by != "timeout" and not _unwritten(leg, records)
    ]
    by_channel = {leg.channel.uniqueid: leg for leg in legs if leg.channel}
    music = music_on_hold(records.cel)
    calls = []
    for group in groups_of(records.cel, channels):
        group.legs = sorted(
            (by_channel[one.uniqueid] for one in group.channels if one.uniqueid in by_channel),
            key=lambda leg: leg.began_at,
        )
        call = _witness(group, records, music)
        if call is not None:
            calls.append(call)
    return sorted(calls, key=lambda call: call.started_at), complaints


def _unwritten(leg: PhoneLeg, records: Records) -> bool:
    """Whether a PBX that died may have had no time to write of a leg, or even to take it up."""
    return records.died_at is not None and (leg.ended_at or records.died_at) > records.died_at - UNWRITTEN_S


def _kind(group: Group) -> str | None:
    """The call's type; None where it is no call: a feature code, a mailbox listened to, a supervisor's listening."""
    if group.ran("ChanSpy"):
        return None
    if not group.legs:  # no phone took part: a machine's call
        return "inbound" if group.ran("ReceiveFAX") else None
    first = group.legs[0]
    if first.direction == "in":
        return "callback"
    if not first.account:
        return "inbound"
    if any(not leg.account for leg in group.legs):
        return "outbound" if _outside(first.peer) else "internal"
    others = {leg.account for leg in group.legs} - {first.account}
    return "internal" if others or group.ran("VoiceMail") or group.ran("Queue") else None


def _outside(number: str) -> bool:
    return number.lstrip("+").isdigit() and len(number) > 6


def _witness(group: Group, records: Records, music: dict[str, Stretches]) -> Witnessed | None:
    kind = _kind(group)
    if kind is None:
        return None
    legs = group.legs
    clients = _client_legs(kind, legs)
    number = _client_number(kind, clients, group)
    own = {leg.channel.uniqueid for leg in clients if leg.channel}
    held = {
        channel.uniqueid: joined(
            [*music.get(channel.uniqueid, []), *(hold for leg in legs if leg.channel is channel for hold in leg.holds)]
        )
        for channel in group.channels
    }

    together = companies(group.channels, held)
    with_client = [one for one in together if not own or one.people & own]
    parts: dict[str, Part] = {}
    for account in dict.fromkeys(leg.account for leg in legs if leg.account):
        parts[account] = _part(account, legs, with_client)
    outside = [leg for leg in legs if not leg.account and leg not in clients]
    answered_at = None if _only_voicemail(kind, group) else _answered_at(kind, legs, clients)
    ended = [leg.ended_at for leg in legs if leg.ended_at is not None]
    open_channels = any(channel.ended_at is None for channel in group.channels)
    uniqueids = frozenset(channel.uniqueid for channel in group.channels)
    slow_s = max((ringing_lag_s(legs), *(lag_s(leg) for leg in legs)))
    return Witnessed(
        type=kind,
        results=_results(kind, group, clients, answered_at),
        client_number=number,
        business_number=legs[0].peer if kind == "inbound" and legs else None,
        started_at=legs[0].began_at if legs else group.channels[0].started_at,
        answered_at=answered_at,
        ended_at=None if open_channels else max(ended or [channel.ended_at or 0.0 for channel in group.channels]),
        talk_s=total((one.start, one.end) for one in with_client),
        hold_s=_hold_s(group, held, answered_at),
        parts=parts,
        external={
            leg.called: _talk(with_client, {leg.channel.uniqueid} if leg.channel else set())
            for leg in outside
            if leg.up_at is not None
        },
        queues=tuple(
            dict.fromkeys(
                row.queue for row in records.queue_log if row.event == "ENTERQUEUE" and row.uniqueid in uniqueids
            )
        ),
        ended_by=_ended_by(legs, clients, SURE_S + slow_s),
        answers=() if _only_voicemail(kind, group) else tuple(sorted(_answers(legs))),
        uniqueids=uniqueids,
        lag_s=slow_s,
        cut=any(leg.ended_by in {"lost", "dead"} for leg in legs) or (open_channels and records.killed_at is not None),
        machine=not legs,
    )


def _client_legs(kind: str, legs: list[PhoneLeg]) -> list[PhoneLeg]:
    """The client's own leg: the one that called, or the first outside that was called."""
    outside = [leg for leg in legs if not leg.account]
    return [] if kind == "internal" else outside[:1]


def _client_number(kind: str, clients: list[PhoneLeg], group: Group) -> str | None:
    if not group.legs:
        numbers = [channel.number for channel in group.channels if channel.number]
        return numbers[0] if numbers else None
    if not clients:
        callers = [leg.peer for leg in group.legs if leg.direction == "in"] if kind == "callback" else []
        return callers[0] if callers and _outside(callers[0]) else None
    number = clients[0].caller if kind == "inbound" else clients[0].called
    return number if number.lstrip("+").isdigit() else None


def _talk(together: Iterable[Company], own: set[str]) -> float:
    return total((one.start, one.end) for one in together if one.people & own)


def _part(account: str, legs: list[PhoneLeg], with_client: list[Company]) -> Part:
    mine = [leg for leg in legs if leg.account == account]
    ups = [_joined_at(leg, with_client) for leg in mine if leg.up_at is not None and _took(leg, legs)]
    rings = [leg.rang[0] for leg in mine if leg.rang]
    return Part(
        rang_s=total(leg.rang for leg in mine if leg.rang),
        answered_at=min(ups) if ups else None,
        talk_s=_talk(with_client, {leg.channel.uniqueid for leg in mine if leg.channel}),
        rang_at=min(rings) if rings else None,
    )


def _joined_at(leg: PhoneLeg, together: list[Company]) -> float:
    """When a leg that is up took part: a conference may announce things before it lets anybody in."""
    up_at = leg.up_at or 0.0
    if leg.direction == "in" or leg.channel is None:
        return up_at
    return next((max(up_at, one.start) for one in together if leg.channel.uniqueid in one.people), up_at)


def _took(leg: PhoneLeg, legs: list[PhoneLeg]) -> bool:
    """Whether this leg's being up is a person's answer: it was called, or it dialled to come in."""
    return leg.direction == "in" or (leg is not legs[0] and leg.peer.startswith(TAKING))


def _answered_at(kind: str, legs: list[PhoneLeg], clients: list[PhoneLeg]) -> float | None:
    """When a person answered: for an inbound call one of ours (or a forward's mobile), else the other side."""
    if kind in {"outbound", "callback"}:
        return clients[0].up_at if clients and clients[0].direction == "in" else None
    ups = _answers(legs)
    return min(ups) if ups else None


def _only_voicemail(kind: str, group: Group) -> bool:
    """Whether a client was called back while the employee's voicemail had answered for them: nobody talked."""
    return kind == "callback" and group.ran("VoiceMail") and not any(leg.account and leg.up_at for leg in group.legs)


def _answers(legs: list[PhoneLeg]) -> list[float]:
    return [leg.up_at for leg in legs if leg.up_at is not None and _took(leg, legs)]


def _hold_s(group: Group, held: dict[str, Stretches], answered_at: float | None) -> float:
    """Time in which anybody in a bridge was on hold, from the answer on."""
    if answered_at is None:
        return 0.0
    return total(
        (max(start, begun, answered_at), min(end, ended))
        for channel in group.channels
        for _, start, end in channel.stays
        for begun, ended in held[channel.uniqueid]
    )


def _results(kind: str, group: Group, clients: list[PhoneLeg], answered_at: float | None) -> frozenset[str]:
    if answered_at is not None:
        return frozenset({"answered"})
    if group.ran("VoiceMail"):
        return frozenset({"voicemail"})
    if group.ran("ReceiveFAX"):
        return frozenset({"fax", "abandoned"})
    asked = [leg for leg in group.legs if leg.direction == "in"]
    if kind == "inbound":
        if group.ran("Queue"):
            return frozenset({"abandoned"})
        if clients and clients[0].code in BUSY:
            return frozenset({"busy"})
        if asked:  # a caller whom a menu answered never gets the 486 itself
            return frozenset({"missed", "busy"} if {leg.code for leg in asked} & BUSY else {"missed"})
        alone = bool(clients) and clients[0].ended_by == "me"
        return frozenset({"abandoned"}) if alone else frozenset({"failed"})
    theirs = [leg for leg in clients if leg.direction == "in"]  # whose answer decides, once they were called
    codes = {leg.code for leg in theirs or asked}
    last = clients[0].code if clients else None
    if codes & BUSY and not codes & NO_ANSWER:
        return frozenset({"busy"})
    if codes & DECLINED:
        return frozenset({"busy", "no_answer"})
    if codes & NO_ANSWER or last in NO_ANSWER:
        return frozenset({"no_answer"})
    return frozenset({"failed"}) if kind == "outbound" else frozenset({"no_answer", "failed"})


def _ended_by(legs: list[PhoneLeg], clients: list[PhoneLeg], sure_s: float) -> str | None:
    """Who hung up first when it ended (for the client, where there is one); None where that is not certain.

    A phone that refuses a call competes with one that hangs up, but ends no call by itself.
    """
    ends = [leg.ended_at for leg in clients or legs if leg.ended_at is not None]
    if not ends:
        return None
    final = sorted(
        (leg.ended_at, "client" if leg in clients else "employee" if leg.account else "external", leg.up_at is None)
        for leg in legs
        if leg.ended_by == "me" and leg.ended_at is not None and abs(leg.ended_at - max(ends)) < TOGETHER_S
    )
    first = next(((at, who) for at, who, refused in final if not refused), None)
    if first is None or any(who != first[1] and abs(at - first[0]) < sure_s for at, who, _ in final):
        return None
    return first[1]
