"""What a session of supervision has to pass before it begins, and again while it is on: right, sight, policy, and
what its PBX and the supervisor's phone can do.

Nothing of it is remembered: rights are read from the store each time.
"""

from collections.abc import Callable, Iterable
from typing import Final

from callfloor.asterisk.link import PbxLink
from callfloor.asterisk.spying import Spying
from callfloor.errors import (
    AmiError,
    ForbiddenError,
    NotFoundError,
    NothingToHearError,
    OwnCallError,
    PhoneOfflineError,
    PhoneWayError,
    SupervisionForbiddenError,
    SupervisionLimitError,
)
from callfloor.floor.directory import Employee
from callfloor.floor.employees import LiveAccount, Status
from callfloor.floor.floor import Floor
from callfloor.floor.supervising import Target, choose
from callfloor.floor.supervisions import LiveSupervision
from callfloor.project.supervision_leg import AudioWay
from callfloor.store.rules import Rules
from callfloor.store.store import Store
from callfloor.web.access import Action, Viewer
from callfloor.web.supervision_ports import AskedSupervision

MOST_DEVICES: Final = 5  # of one account, that ring at once
AUDIO_MODULE: Final = "chan_audiosocket.so"
SPY_MODULE: Final = "app_chanspy.so"


class Permits:
    """Who may listen to whom in one project, now."""

    def __init__(
        self, floor: Floor, store: Store, project_id: int, rules: Callable[[], Rules], audio: AudioWay
    ) -> None:
        self._floor, self._store, self._project_id = floor, store, project_id
        self._rules, self._audio = rules, audio

    async def right(self, user_id: int, employee_id: int | None) -> None:
        """Whether this user may listen to this employee now.

        Raises:
            ForbiddenError: the right is not theirs, or not any more.
            NotFoundError: they do not see the employee.
            SupervisionForbiddenError: nobody may.
        """
        user = await self._store.run(self._store.users.get, user_id)
        if user.disabled_at is not None:
            raise ForbiddenError
        memberships = await self._store.run(self._store.memberships.of_user, user_id)
        mine = next((each for each in memberships if each.project_id == self._project_id), None)
        if mine is None:
            raise ForbiddenError
        viewer = Viewer.of(mine)
        viewer.require(Action.SUPERVISE)
        seen = viewer.sight.employees(self._floor.snapshot().directory)
        if seen is not None and employee_id not in seen:
            raise NotFoundError("There is no such employee.")
        if employee_id is not None and employee_id in self._rules().supervision.forbidden_employee_ids:
            raise SupervisionForbiddenError

    def target(self, viewer: Viewer, asked: AskedSupervision) -> Target:
        """Whom to listen to: one whom the viewer sees, and not themself.

        Raises:
            NotFoundError: the employee who is asked for is not one whom the viewer sees.
            OwnCallError: it would be the viewer's own conversation.
            NothingToHearError: none of them talks.
        """
        directory = self._floor.snapshot().directory
        seen = viewer.sight.employees(directory)
        legs = self._floor.legs(asked.call_id)

        def may(employee_id: int | None) -> bool:
            if asked.employee_id is not None and employee_id != asked.employee_id:
                return False
            if employee_id is not None and employee_id == viewer.employee_id:
                return False
            return seen is None or employee_id in seen

        forbidden = self._rules().supervision.forbidden_employee_ids
        found = choose(legs, may=lambda one: may(one) and one not in forbidden) or choose(legs, may=may)
        if found is not None:
            return found
        if asked.employee_id is not None and asked.employee_id == viewer.employee_id:
            raise OwnCallError
        if asked.employee_id is not None:
            viewer.employee(asked.employee_id, directory)  # not one of theirs is not found
        if any(leg.employee_id is not None and leg.employee_id == viewer.employee_id for leg in legs):
            raise OwnCallError
        raise NothingToHearError

    def limits(self, live: Iterable[LiveSupervision], viewer: Viewer, call_id: str) -> None:
        """Whether one more fits; the viewer's own session, which would end, does not count.

        Raises:
            SupervisionLimitError: it does not.
        """
        policy = self._rules().supervision
        others = [each for each in live if each.user_id != viewer.user_id]
        if len(others) >= policy.most_at_once:
            raise SupervisionLimitError(limit=policy.most_at_once, of="project")
        if sum(each.call_id == call_id for each in others) >= policy.most_on_call:
            raise SupervisionLimitError(
                "As many people listen to this call already as the project allows.",
                limit=policy.most_on_call,
                of="call",
            )

    async def why_no_audio(self, pbx: PbxLink, spying: Spying) -> str | None:
        """Why the PBX's audio cannot come here, in a word; None: it can."""
        if self._audio.server is None or self._audio.server.address is None:
            return "not_set_up"
        if self._audio.told(pbx) is None:
            return "link_down"
        try:
            if not await spying.can(SPY_MODULE):
                return "no_chanspy"
            return None if await spying.can(AUDIO_MODULE) else "no_module"
        except AmiError:
            return "link_down"

    def accounts(self, viewer: Viewer) -> tuple[LiveAccount, ...]:
        """The viewer's own accounts, as they are now."""
        rows = self._floor.snapshot().employees
        return next(
            (row.accounts for row in rows if viewer.employee_id is not None and row.id == viewer.employee_id), ()
        )

    def phones(self, viewer: Viewer, asked: AskedSupervision, pbx: PbxLink) -> tuple[str, tuple[str, ...]]:
        """The account, and what is dialled for it: each of its devices, for the PBX would ring one of them alone.

        Raises:
            PhoneWayError: it is not one of the viewer's own.
            PhoneOfflineError: it is not registered.
        """
        mine = [each for each in self.accounts(viewer) if pbx.mark.off(each.account) is not None]
        if asked.phone is not None:
            mine = [each for each in mine if each.account == asked.phone]
        if not mine:
            raise PhoneWayError
        chosen = next((each for each in mine if can_ring(each)), None)
        if chosen is None:
            raise PhoneOfflineError
        channel = pbx.translator.people.phone_of(pbx.mark.off(chosen.account) or chosen.account)
        devices = [
            each.id for each in chosen.devices if each.status is not Status.OFFLINE and each.id.startswith("sip")
        ]
        if len(devices) > 1 and channel.startswith("PJSIP/"):
            return chosen.account, tuple(f"{channel}/{device}" for device in devices[:MOST_DEVICES])
        return chosen.account, (channel,)

    def shown(self, target: Target) -> tuple[str, str]:
        """The name and number that the supervisor's phone shows."""
        employees: tuple[Employee, ...] = self._floor.snapshot().directory.employees
        name = next((each.name for each in employees if each.id == target.employee_id), target.account)
        return f"Callfloor: {name}", target.account.partition("@")[0]


def can_ring(account: LiveAccount) -> bool:
    """Whether a phone of the account is registered; do-not-disturb does not hinder who asks for a ring themself."""
    return account.status in {Status.ONLINE, Status.DND, Status.TALKING}
