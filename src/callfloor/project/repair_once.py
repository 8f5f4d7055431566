"""One try of a repair with its row, for the service and the command line alike. Blocking."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from callfloor.asterisk.history.slices import CompanySpec
from callfloor.asterisk.history.sources import ImportSourceError
from callfloor.asterisk.marks import Mark
from callfloor.errors import InvalidInputError, JobInterruptedError, NotFoundError, StoreError
from callfloor.project import record_places, repair_try
from callfloor.project.pbx_links import key_of
from callfloor.sealing import Sealer
from callfloor.store.links import StoredLink
from callfloor.store.projects import Project
from callfloor.store.record_sources import RecordSource
from callfloor.store.repairs import Repair, RepairState
from callfloor.store.store import ProjectStore

Known = dict[int, tuple[StoredLink, RecordSource | None, Path | None]]


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """What a try must know of the live link."""

    now: repair_try.Now
    accounts: tuple[str, ...] = ()  # that the PBX has told of
    trunks: tuple[str, ...] = ()


class OneTry:
    """Tries repairs of one project."""

    def __init__(
        self,
        project: Callable[[], Project],
        folders: Sequence[tuple[str, Path]],
        clock: Callable[[], float],
        processes: int,
    ) -> None:
        self._project = project
        self._folders = folders
        self._clock = clock
        self._processes = processes
        self.sealer: Sealer | None = None

    def known(self, within: ProjectStore) -> Known:
        """The connections whose records somebody said the place of."""
        links = within.links.all()
        named = within.record_sources.all()
        found = {}
        for link in links:
            source = record_places.source_of(link, named.get(link.id))
            folder = record_places.folder_of(self._folders, link, links)
            if record_places.set_up(source, folder):
                found[link.id] = link, source, folder
        return found

    def run(
        self, within: ProjectStore, repair_id: int, noted: Noted, progress: Callable[[int, int | None], None]
    ) -> tuple[repair_try.Outcome, Repair]:
        """Try, and write down how the repair stands.

        Raises:
            ImportSourceError, InvalidInputError: the records cannot be read; it is written down, too.
            JobInterruptedError: ``progress`` said so; it waits.
            StoreError: the store refused.
        """
        repair = within.repairs.begin(repair_id, at=self._clock())
        try:
            came = self._read(within, repair, noted, progress)
        except JobInterruptedError:
            within.repairs.set(repair.id, state=RepairState.WAITING)
            raise
        except (ImportSourceError, InvalidInputError) as error:
            for_good = isinstance(error, InvalidInputError)  # the zone: until another is set
            within.repairs.set(repair.id, **repair_try.failed(repair, str(error), self._clock(), for_good=for_good))
            raise
        except StoreError:
            raise
        except BaseException as error:
            values = repair_try.failed(repair, str(error), self._clock(), for_good=True)
            within.repairs.set(repair.id, **values)
            raise
        after = within.repairs.set(repair.id, **repair_try.verdict(repair, came, self._clock()))
        if repair.outage_id is not None and after.state is not RepairState.WAITING:
            self._note(within, after)
        return came, after

    def _read(
        self, within: ProjectStore, repair: Repair, noted: Noted, progress: Callable[[int, int | None], None]
    ) -> repair_try.Outcome:
        found = self.known(within).get(repair.link_id)
        if found is None:
            raise NotFoundError("Nobody says any more where this PBX's call records lie.")
        link, source, folder = found
        project = self._project()
        specs = record_places.specs(source, folder, timezone=project.timezone, sealer=self.sealer)
        company = company_spec(within, link, project.country, noted)
        one = repair_try.RepairTry(within, repair, key_of(link.id), specs, company, noted.now, progress)
        return one.run(self._processes)

    def _note(self, within: ProjectStore, repair: Repair) -> None:
        """What Callfloor did to the journal by itself stands in the audit, too."""
        within.audit.write(
            at=self._clock(),
            user_id=None,
            user_login=None,
            action="repair",
            subject_kind="connection",
            subject_id=repair.link_id,
            outcome="done" if repair.state is RepairState.DONE else f"repair_{repair.lacking}",
            details={
                "name": repair.link_name,
                "from": repair.began_at,
                "to": repair.ended_at,
                "calls": repair.calls,
                "mended": repair.mended,
            },
        )


def company_spec(within: ProjectStore, link: StoredLink, country: str | None, noted: Noted) -> CompanySpec:
    """What is known of the company at this PBX."""
    mark = Mark(link.mark or "")
    directory = within.directory.load()
    known = [bare for each in directory.employees for name in each.accounts if (bare := mark.off(name)) is not None]
    first = {each.name: mark.off(each.accounts[0]) for each in directory.employees if each.accounts}
    return CompanySpec(
        link=key_of(link.id),
        country=country,
        accounts=tuple(dict.fromkeys([*known, *noted.accounts])),
        trunks=noted.trunks,
        directory=directory,
        missed_after_s=within.rules.load().missed_after_s,
        names={name: account for name, account in first.items() if account is not None},
        mark=link.mark or "",
    )
