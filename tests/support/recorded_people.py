"""Recordings of people's devices, do-not-disturb and queue seats, played through the codec and the translator.

``tests/scenarios/people/<name>.ami`` has the form of ``support.scenarios``; lines with ``#`` tell what each phone did.
"""

from collections.abc import Callable
from pathlib import Path

from typing_extensions import override

from callfloor.asterisk.ami import Message
from callfloor.floor import facts
from callfloor.floor.facts import Fact
from support.scenarios import Capture, Player, read
from support.team import LINK, Team

PEOPLE = Path(__file__).resolve().parent.parent / "scenarios" / "people"
LAST_LISTING = "DeviceStateListComplete"


class PeoplePlayer(Player):
    """A player that takes people's listings as ``asterisk.link`` does."""

    @override
    def message(self, at: float, message: Message) -> list[Fact]:
        if message.action_id is None or message.get("EventList").lower() != "complete":
            return super().message(at, message)
        events = [*self._listings.get(message.action_id, []), message]
        told = [*super().message(at, message), *self.translator.people.listed(at, events)]
        if message.event == LAST_LISTING:
            told.append(facts.PeopleListed(at=at, link=LINK, devices=True, seats=True, dnd=True))
            told.append(facts.LinkUp(at, LINK, "PBX"))
        return told


def recording(name: str) -> Capture:
    """One recording, without an expectation."""
    return read(name, (PEOPLE / f"{name}.ami").read_text(encoding="utf-8"), {})


def names() -> list[str]:
    return sorted(file.name.removesuffix(".ami") for file in PEOPLE.glob("*.ami"))


def replay(
    name: str, *accounts: str, until: Callable[[Team], bool] | None = None, player: PeoplePlayer | None = None
) -> Team:
    """The team of a recording after its last message: each account is an employee's of the same number."""
    capture = recording(name)
    team = Team(up=False)
    team.now = capture.start_at
    team.employs({int(account): (account,) for account in accounts})
    played = (player or PeoplePlayer()).play(capture.start_at, capture.lines, name)
    for line, told in zip(capture.lines, played, strict=True):
        team.now = capture.start_at + line.at_s
        team.put(*told)
        if until is not None and until(team):
            break
    return team


def history(team: Team, name: str, account: str) -> list[str]:
    """``1.234 online registered sip:…``: seconds since the recording's start."""
    start_at = recording(name).start_at
    return [
        " ".join(filter(None, (f"{told.at - start_at:.2f}", told.status, told.cause.why, told.cause.device)))
        for told in team.historian.told.get(account, [])
    ]
