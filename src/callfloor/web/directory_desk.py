"""What edits of the directory have in common: the right, the audit with what was and what is, and the live floor."""

from collections.abc import Callable
from typing import Any

import msgspec

from callfloor.store.directory_edits import Edited
from callfloor.web.access import Action
from callfloor.web.audit import Audit, Deed, told
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Member


class DirectoryDesk:
    """Carries edits out. Nothing of an edit is on the live floor before it is in the store."""

    def __init__(self, deps: Deps, audit: Audit) -> None:
        self.deps = deps
        self.audit = audit

    async def edit(
        self,
        member: Member,
        action: str,
        subject: tuple[str, int | str] | None,
        change: Callable[[], Edited],
        *rights: Action,
        **details: Any,
    ) -> Any:
        """Do it, have it written down, and let the live floor know; the answer is what is now.

        ``rights`` are those it needs beside the one to change settings.

        Raises:
            ForbiddenError: the role does not allow it; and whatever ``change`` raises.
        """
        deps, viewer = self.deps, member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action=action, subject=subject, details=details)
        async with self.audit.watching(viewer.project_id, deed):
            for right in (Action.CHANGE_SETTINGS, *rights):
                viewer.require(right)
            edited = await deps.store.change(change)
            deed.details = {**details, **difference(edited)}
            if deed.subject is None and edited.after is not None:
                deed.subject = (action.rpartition("_")[2], edited.after.id)
        await self.follow(viewer.project_id)
        return edited.after

    async def follow(self, project_id: int) -> None:
        """The live floor goes by the directory as it is now."""
        live = self.deps.projects.get(project_id)
        if live is not None:
            await live.settings.load_directory()


def difference(edited: Edited) -> dict[str, Any]:
    """For the audit: what was made, what is gone, or what is another now."""
    before, after = edited.before, edited.after
    if before is None:
        return {"made": _told(after)}
    if after is None or type(before) is not type(after):
        return {"removed": _told(before)}
    if getattr(before, "id", 0) != getattr(after, "id", 0):  # merged into another
        return {"merged": _told(before), "into": _told(after)}
    return told(msgspec.structs.replace(before, revision=""), msgspec.structs.replace(after, revision=""))


def _told(entry: Any) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(entry).items() if value and name != "revision"}
