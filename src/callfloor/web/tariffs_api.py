"""Tariffs over REST: the list, CSV both ways, a call to try, and old calls priced anew. Administrators alone.

Prices are decimal numbers as text, for no program may round them; beginnings are days of the project's zone.
"""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from callfloor.errors import InvalidInputError
from callfloor.floor.days import day_bounds, day_of
from callfloor.floor.tariffs import Direction, Tariff, to_decimal, to_micro
from callfloor.store.jobs import Job
from callfloor.store.tariff_csv import TariffFault, read, write
from callfloor.store.tariffs import Imported, KeptTariff
from callfloor.web import days_asked
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed, told
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Id, Member

LONGEST_CSV = 1_000_000

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
_Text = Annotated[str, msgspec.Meta(max_length=200, pattern=_PLAIN)]
_Money = Annotated[str, msgspec.Meta(max_length=20, pattern=r"^[0-9]+([.,][0-9]+)?$")]
_Seconds = Annotated[int, msgspec.Meta(ge=0, le=86_400)]
_Step = Annotated[int, msgspec.Meta(ge=1, le=86_400)]
_Day = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class TariffChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the price list, as it is to be."""

    trunk: _Text | None = None  # the line to the carrier, as the PBX names it; null: the whole project
    direction: Direction = Direction.OUTBOUND
    prefix: Annotated[str, msgspec.Meta(max_length=16, pattern=r"^\+?[0-9]*$")] = ""
    label: _Text = ""
    price: _Money  # of a minute
    connection: _Money = "0"
    free_s: _Seconds = 0
    first_step_s: _Step = 60
    next_step_s: _Step = 60
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{3}$")]
    valid_from: _Day | None = None  # null: since ever


class TariffEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the price list."""

    id: int
    trunk: str | None
    direction: Direction
    prefix: str
    label: str
    price: str
    connection: str
    free_s: int
    first_step_s: int
    next_step_s: int
    currency: str
    valid_from: str | None


class TariffList(msgspec.Struct, frozen=True, kw_only=True):
    """The price list, and the lines to carriers: those of the directory, and those that calls went by lately."""

    tariffs: tuple[TariffEntry, ...]
    trunks: tuple[str, ...]
    labels: dict[str, str]  # what people call a trunk that they call otherwise


class TariffImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of tariffs as text. Dry: only told what would come of it."""

    text: Annotated[str, msgspec.Meta(max_length=LONGEST_CSV)]
    dry: bool = True


class TariffImported(msgspec.Struct, frozen=True, kw_only=True):
    """What came, or would come, of an import. Where there are errors nothing is taken over."""

    applied: bool
    added: int
    changed: int
    same: int
    errors: tuple[TariffFault, ...]
    first: tuple[TariffEntry, ...]  # what was read, the first lines of it; their ids are 0


class TariffApply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Calls that began on these days of the project's zone, both inclusive."""

    first: _Day
    last: _Day


class CallCost(msgspec.Struct, frozen=True, kw_only=True):
    """What a call would cost; nulls where no tariff says."""

    cost: str | None
    currency: str | None
    tariff: TariffEntry | None


_SHOWN = 20
TARIFF_SHAPES = (TariffChange, TariffList, TariffEntry, TariffImport, TariffImported, TariffApply, CallCost)
TARIFF_ASKED = frozenset({"TariffChange", "TariffImport", "TariffApply"})


def tariff_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/tariffs."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/tariffs", tags=["settings"])
    administrator = gate.viewer(Action.CHANGE_SETTINGS)

    @router.get("", operation_id="listTariffs", responses=documented(TariffList, 401, 403, 404, 422))
    async def tariffs(viewer: Annotated[Viewer, Depends(administrator)]) -> Response:
        """The whole price list, by trunk, direction, prefix and beginning."""
        zone, store = await zone_of(viewer), deps.store.project(viewer.project_id)
        found = await deps.store.run(store.tariffs.list)
        trunks = await deps.store.run(store.tariffs.trunks)
        labels = {name: label for name, label in trunks.items() if label}
        told = TariffList(tariffs=tuple(_entry(each, zone) for each in found), trunks=tuple(trunks), labels=labels)
        return Json(told)

    @router.get("/export", operation_id="exportTariffs", responses={
        **documented(None, 401, 403, 404, 422),
        200: {"description": "The price list.", "content": {"text/csv": {"schema": {"type": "string"}}}},
    })  # fmt: skip
    async def export(viewer: Annotated[Viewer, Depends(administrator)]) -> Response:
        """The whole price list as CSV, as an import takes it."""
        found = await deps.store.run(deps.store.project(viewer.project_id).tariffs.list)
        text = write((each.tariff for each in found), await zone_of(viewer))
        headers = {"Content-Disposition": 'attachment; filename="tariffs.csv"'}
        return Response("\ufeff" + text, media_type="text/csv; charset=utf-8", headers=headers)

    @router.get("/cost", operation_id="tryTariffs", responses=documented(CallCost, 401, 403, 404, 422))
    async def cost(
        viewer: Annotated[Viewer, Depends(administrator)],
        number: Annotated[str, Query(pattern=r"^[0-9+() .\-]{1,40}$", description="The number that is called.")],
        seconds: Annotated[float, Query(ge=0, le=86_400, allow_inf_nan=False, description="Talk and hold.")],
        trunk: Annotated[str | None, Query(max_length=200, pattern=_PLAIN)] = None,
    ) -> Response:
        """What a call to a number would cost now."""
        prices = await deps.store.run(deps.store.project(viewer.project_id).tariffs.prices)
        line, now = trunk or None, deps.clock()
        found = prices.of_number(number, seconds, now, line)
        by = prices.tariff_of(number, now, line)
        return Json(
            CallCost(
                cost=None if found is None else to_decimal(found.micro),
                currency=None if found is None else found.currency,
                tariff=None if by is None else _entry(KeptTariff(id=0, tariff=by), await zone_of(viewer)),
            )
        )

    @router.post(
        "",
        operation_id="addTariff",
        status_code=201,
        responses=documented(TariffEntry, 401, 403, 404, 409, 413, 422, status=201),
        openapi_extra=documented_body("TariffChange"),
    )
    async def add(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Add a tariff. It holds for calls that end from now on; ``apply`` prices earlier ones."""
        return Json(await put(member, await request.body(), None), 201)

    @router.put(
        "/{tariff_id}",
        operation_id="changeTariff",
        responses=documented(TariffEntry, 401, 403, 404, 409, 413, 422),
        openapi_extra=documented_body("TariffChange"),
    )
    async def change(tariff_id: Id, request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Change a tariff; it has another id afterwards."""
        return Json(await put(member, await request.body(), tariff_id))

    @router.delete(
        "/{tariff_id}",
        operation_id="removeTariff",
        status_code=204,
        responses=documented(None, 401, 403, 404, 422, status=204),
    )
    async def remove(tariff_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Remove a tariff; what calls cost by it stays."""
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="remove_tariff", subject=("tariff", tariff_id))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.CHANGE_SETTINGS)
            gone = await deps.store.change(deps.store.project(viewer.project_id).tariffs.remove, tariff_id)
            deed.details = _told(gone)
        return Response(status_code=204)

    @router.post(
        "/import",
        operation_id="importTariffs",
        responses=documented(TariffImported, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("TariffImport"),
    )
    async def take_in(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Take a table over, all or nothing: what is there by trunk, direction, prefix and beginning is changed."""
        asked = body(TariffImport, await request.body())
        viewer = member.viewer
        deed = Deed(at=deps.clock(), user=member.user, action="import_tariffs", details={"dry": asked.dry})
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.CHANGE_SETTINGS)
            zone = await zone_of(viewer)
            found = await deps.store.run(read, asked.text, zone)
            made = Imported(added=0, changed=0, same=0)
            if not found.errors:
                store = deps.store.project(viewer.project_id).tariffs
                made = await deps.store.change(store.take_in, found.tariffs, dry=asked.dry)
            deed.details |= {"added": made.added, "changed": made.changed, "errors": len(found.errors)}
        first = tuple(_entry(KeptTariff(id=0, tariff=each), zone) for each in found.tariffs[:_SHOWN])
        applied = not asked.dry and not found.errors
        counts: dict[str, Any] = msgspec.structs.asdict(made)
        return Json(TariffImported(applied=applied, errors=found.errors, first=first, **counts))

    @router.post(
        "/apply",
        operation_id="applyTariffs",
        status_code=202,
        responses=documented(Job, 401, 403, 404, 413, 422, status=202),
        openapi_extra=documented_body("TariffApply"),
    )
    async def apply(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Price the calls of some days by the list as it is now: long work, of which the answer is the job."""
        asked = body(TariffApply, await request.body())
        viewer, user = member.viewer, member.user
        days = {"first": asked.first, "last": asked.last}
        deed = Deed(at=deps.clock(), user=user, action="apply_tariffs", details=dict(days))
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.CHANGE_SETTINGS)
            first, last = days_asked.day(asked.first, "body.first"), days_asked.day(asked.last, "body.last")
            if last < first:
                raise InvalidInputError("The period ends before it begins.", at=["body.first", "body.last"])
            zone = await zone_of(viewer)
            params = {**days, "from": day_bounds(first, zone)[0], "to": day_bounds(last, zone)[1]}
            job = await gate.live(viewer).work.start("tariff", params, user_id=user.id, user_name=user.name)
        return Json(job, 202)

    async def put(member: Member, raw: bytes, instead_of: int | None) -> TariffEntry:
        asked = body(TariffChange, raw)
        viewer = member.viewer
        subject = None if instead_of is None else ("tariff", instead_of)
        details = msgspec.to_builtins(asked)
        deed = Deed(at=deps.clock(), user=member.user, action="put_tariff", subject=subject, details=details)
        async with audit.watching(viewer.project_id, deed):
            viewer.require(Action.CHANGE_SETTINGS)
            zone = await zone_of(viewer)
            store = deps.store.project(viewer.project_id).tariffs
            known = await deps.store.run(store.list)
            before = next((_entry(each, zone) for each in known if each.id == instead_of), None)
            made = _entry(await deps.store.change(store.put, _tariff(asked, zone), instead_of=instead_of), zone)
            deed.details = {"made": details} if before is None else told(before, made)
            return made

    async def zone_of(viewer: Viewer) -> ZoneInfo:
        project = await deps.store.run(deps.store.projects.get, viewer.project_id)
        return ZoneInfo(project.timezone)

    return router


def _tariff(asked: TariffChange, zone: ZoneInfo) -> Tariff:
    values: dict[str, Any] = msgspec.structs.asdict(asked)
    begins = values.pop("valid_from")
    for name in ("price", "connection"):
        try:
            values[f"{name}_micro"] = to_micro(values.pop(name))
        except ValueError:
            raise InvalidInputError("A price has 9 digits and 6 decimal places at most.", field=name) from None
    valid_from = 0.0 if begins is None else day_bounds(days_asked.day(begins, "body.valid_from"), zone)[0]
    return Tariff(**values, valid_from=valid_from)


def _entry(kept: KeptTariff, zone: ZoneInfo) -> TariffEntry:
    tariff = kept.tariff
    return TariffEntry(
        id=kept.id,
        trunk=tariff.trunk,
        direction=tariff.direction,
        prefix=tariff.prefix,
        label=tariff.label,
        price=to_decimal(tariff.price_micro),
        connection=to_decimal(tariff.connection_micro),
        free_s=tariff.free_s,
        first_step_s=tariff.first_step_s,
        next_step_s=tariff.next_step_s,
        currency=tariff.currency,
        valid_from=day_of(tariff.valid_from, zone).isoformat() if tariff.valid_from > 0 else None,
    )


def _told(tariff: Tariff) -> dict[str, Any]:
    return {
        "trunk": tariff.trunk,
        "direction": str(tariff.direction),
        "prefix": tariff.prefix,
        "price": to_decimal(tariff.price_micro),
        "currency": tariff.currency,
    }
