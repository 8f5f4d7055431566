"""What the PBX is asked to do for an employee, word for word, and what its refusals become."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from callfloor.asterisk.ami import Codec, Message
from callfloor.asterisk.commands import LONGEST_REASON, Commands
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.people import PeopleTranslator
from callfloor.errors import AmiActionFailedError, AmiDisconnectedError, InvalidInputError, NotFoundError
from support.ami_peer import Action, AmiPeer, message
from support.ami_rig import Rig
from support.virtual_time import virtual_time

ASKED = ("QueuePause", "QueueAdd", "QueueRemove", "DBPut", "DBDel", "Setvar")


def event(**headers: str) -> Message:
    (made,) = Codec().feed(b"Asterisk Call Manager/9.0.0\r\n" + message(**headers))
    return made


class Asked:
    """A PBX that does all it is asked, and remembers it."""

    def __init__(self) -> None:
        self.peer = AmiPeer()
        self.peer.answers |= dict.fromkeys(ASKED, lambda link, action: link.reply(action))
        self.people = PeopleTranslator("pbx", Parties(["101", "102"]))
        seat = {"Queue": "sales", "Interface": "Local/101@from-queue/n", "StateInterface": "hint:101@ext-local"}
        self.people.translate(0.0, event(Event="QueueMemberAdded", MemberName="Anna", **seat))

    def refuse(self, name: str, why: str) -> None:
        self.peer.answers[name] = lambda link, action: link.reply(action, "Error", Message=why)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Commands]:
        async with Rig(self.peer).running() as connection:
            yield Commands(connection, self.people)

    @property
    def actions(self) -> list[Action]:
        known = [action for action in self.peer.link.actions if action["Action"] in ASKED]
        return [{name: value for name, value in action.items() if name != "ActionID"} for action in known]


@virtual_time
async def test_a_member_is_paused_and_unpaused_by_their_interface() -> None:
    asked = Asked()
    async with asked.running() as commands:
        await commands.pause("101", "sales", paused=True, reason="l" * 100)
        await commands.pause("101", "sales", paused=False, reason="lunch")
    seat = {"Action": "QueuePause", "Queue": "sales", "Interface": "Local/101@from-queue/n"}
    assert asked.actions == [
        seat | {"Paused": "true", "Reason": "l" * LONGEST_REASON},
        seat | {"Paused": "false"},
    ]


@virtual_time
async def test_who_is_no_member_is_neither_paused_nor_removed() -> None:
    asked = Asked()
    async with asked.running() as commands:
        with pytest.raises(NotFoundError):
            await commands.pause("102", "sales", paused=True)
        with pytest.raises(NotFoundError):
            await commands.remove_from_queue("101", "support")
    assert asked.actions == []


@virtual_time
async def test_a_member_is_added_as_the_others_are_and_removed() -> None:
    asked = Asked()
    async with asked.running() as commands:
        await commands.add_to_queue("102", "sales", name="Boris")
        await commands.add_to_queue("102", "support", name="Boris")
        await commands.remove_from_queue("101", "sales")
    member = {"Action": "QueueAdd", "MemberName": "Boris", "Penalty": "0", "Paused": "false"}
    assert asked.actions == [
        member | {"Queue": "sales", "Interface": "Local/102@from-queue/n", "StateInterface": "hint:102@ext-local"},
        member | {"Queue": "support", "Interface": "PJSIP/102"},
        {"Action": "QueueRemove", "Queue": "sales", "Interface": "Local/101@from-queue/n"},
    ]


@virtual_time
async def test_do_not_disturb_is_set_the_way_freepbx_does() -> None:
    asked = Asked()
    async with asked.running() as commands:
        await commands.set_dnd("101", on=True)
        asked.people.translate(0.0, event(Event="DeviceStateChange", Device="Custom:DEVDND101", State="BUSY"))
        await commands.set_dnd("101", on=False)
    assert asked.actions == [
        {"Action": "DBPut", "Family": "DND", "Key": "101", "Val": "YES"},
        {"Action": "Setvar", "Variable": "DEVICE_STATE(Custom:DND101)", "Value": "BUSY"},
        {"Action": "DBDel", "Family": "DND", "Key": "101"},
        {"Action": "Setvar", "Variable": "DEVICE_STATE(Custom:DND101)", "Value": "NOT_INUSE"},
        {"Action": "Setvar", "Variable": "DEVICE_STATE(Custom:DEVDND101)", "Value": "NOT_INUSE"},
    ]


@virtual_time
async def test_a_key_that_is_not_there_is_deleted_already() -> None:
    asked = Asked()
    asked.refuse("DBDel", "Database entry not found")
    async with asked.running() as commands:
        await commands.set_dnd("101", on=False)
    assert [action["Action"] for action in asked.actions] == ["DBDel", "Setvar"]


@virtual_time
async def test_what_is_refused_is_told_in_the_pbx_words_and_nothing_more_is_done() -> None:
    asked = Asked()
    asked.refuse("DBDel", "Permission denied")
    asked.refuse("QueueRemove", "Member not dynamic")
    async with asked.running() as commands:
        with pytest.raises(AmiActionFailedError, match="Permission denied"):
            await commands.set_dnd("101", on=False)
        with pytest.raises(AmiActionFailedError, match="Member not dynamic"):
            await commands.remove_from_queue("101", "sales")
    assert [action["Action"] for action in asked.actions] == ["DBDel", "QueueRemove"]


@virtual_time
async def test_nothing_is_smuggled_in() -> None:
    asked = Asked()
    async with asked.running() as commands:
        with pytest.raises(InvalidInputError):
            await commands.pause("101", "sales", paused=True, reason="lunch\r\nAction: Originate")
        with pytest.raises(InvalidInputError):
            await commands.set_dnd("101\r\nAction: Originate", on=True)
        with pytest.raises(InvalidInputError):
            await commands.add_to_queue("102", "sales", name="a\nb")
    assert asked.actions == []


@virtual_time
async def test_a_link_that_is_down_says_so() -> None:
    asked = Asked()
    async with asked.running() as commands:
        pass
    with pytest.raises(AmiDisconnectedError):
        await commands.set_dnd("101", on=True)
