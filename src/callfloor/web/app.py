"""The app: every route, wired to what ``service`` hands over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import msgspec
from fastapi import APIRouter, FastAPI, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from callfloor import __version__
from callfloor.errors import CallfloorError
from callfloor.store.store import Store
from callfloor.web.about_api import about_routes
from callfloor.web.access_app import AccessApp
from callfloor.web.access_ports import Secrets
from callfloor.web.answers import on_error
from callfloor.web.audit import Audit
from callfloor.web.audit_api import audit_routes
from callfloor.web.call_actions_api import call_action_routes
from callfloor.web.callbacks_api import callback_routes
from callfloor.web.connections_api import connection_routes
from callfloor.web.directory_api import directory_routes
from callfloor.web.directory_file_api import directory_file_routes
from callfloor.web.discovery_api import discovery_routes
from callfloor.web.employee_api import employee_routes
from callfloor.web.exports_api import export_routes
from callfloor.web.fax_api import fax_routes
from callfloor.web.guard import Guard
from callfloor.web.health_api import health_routes
from callfloor.web.imports_api import import_routes
from callfloor.web.jobs_api import job_routes
from callfloor.web.journal_api import journal_routes
from callfloor.web.journal_notes_api import note_routes
from callfloor.web.lines_api import line_routes
from callfloor.web.meters import Meters
from callfloor.web.metrics_api import metrics_routes
from callfloor.web.openapi import document
from callfloor.web.pages import Pages, page_routes
from callfloor.web.passwords import Passwords
from callfloor.web.past_api import past_routes
from callfloor.web.personal_api import personal_routes
from callfloor.web.ports import Deps
from callfloor.web.presence_api import presence_routes
from callfloor.web.project_api import project_routes
from callfloor.web.queues_api import queue_routes
from callfloor.web.recordings import recording_routes
from callfloor.web.repairs_api import repair_routes
from callfloor.web.rules_api import rule_routes
from callfloor.web.schedules_api import schedule_routes
from callfloor.web.sessions import Sessions
from callfloor.web.settings_api import number_routes
from callfloor.web.setup_api import setup_routes
from callfloor.web.signed_in import Gate
from callfloor.web.spam_api import spam_routes
from callfloor.web.streams import Streams, stream_routes
from callfloor.web.supervision_api import supervision_routes
from callfloor.web.supervision_line import supervision_line_routes
from callfloor.web.supervision_log_api import supervision_log_routes
from callfloor.web.supervision_tokens import LineTokens
from callfloor.web.tariffs_api import tariff_routes
from callfloor.web.voicemail_api import voicemail_routes


def create_app(deps: Deps, passwords: Passwords | None = None) -> FastAPI:
    """The web room as an ASGI app; serve it with ``callfloor.web.server.serve``, whose protocols the stream needs."""
    passwords = passwords or Passwords()
    audit = Audit(deps.store)
    meters = Meters(deps)

    @asynccontextmanager
    async def until_the_end(_app: FastAPI) -> AsyncIterator[None]:
        watch = asyncio.create_task(meters.watch(), name="meters")
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            await access.close()
            await audit.close()
            passwords.close()

    app = FastAPI(
        title="Callfloor",
        version=deps.version,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=until_the_end,
    )
    app.add_middleware(Guard, settings=deps.settings, on_answer=meters.answered)
    for kind in (CallfloorError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, on_error)
    sessions = Sessions(deps.store, deps.settings, passwords, audit, deps.secrets)
    streams = Streams(deps, sessions)
    gate = Gate(deps, sessions)
    access = AccessApp(deps, gate, audit, sessions, streams, passwords)
    line_tokens = LineTokens(deps.clock)

    def include(router: APIRouter) -> None:
        # As include_router() without a prefix would, which makes every route anew in the first request: 0.2 s of CPU
        app.router.routes += router.routes

    include(stream_routes(deps, sessions, streams))  # first: after a restart a thousand pages ask for it
    include(health_routes(deps))
    include(metrics_routes(meters, deps.settings))
    for router in access.routers:
        include(router)
    include(setup_routes(deps, passwords))
    include(project_routes(deps, gate))
    include(past_routes(deps, gate))
    include(connection_routes(deps, gate, audit))
    include(repair_routes(deps, gate, audit))
    include(discovery_routes(deps, gate, audit))
    include(employee_routes(deps, gate, audit))
    include(call_action_routes(deps, gate, audit))
    include(presence_routes(deps, gate))
    include(audit_routes(deps, gate, audit))
    include(supervision_log_routes(deps, gate, audit))
    include(job_routes(deps, gate, audit))
    include(rule_routes(deps, gate, audit))
    include(number_routes(deps, gate, audit))
    include(queue_routes(deps, gate, audit))
    include(line_routes(deps, gate, audit))
    include(directory_routes(deps, gate, audit, streams))
    include(directory_file_routes(deps, gate, audit))
    include(about_routes(deps, gate, audit))
    include(spam_routes(deps, gate, audit))
    include(personal_routes(deps, gate, audit))
    include(journal_routes(deps, gate))
    include(note_routes(deps, gate, audit))
    include(tariff_routes(deps, gate, audit))
    include(callback_routes(deps, gate, audit))
    include(recording_routes(deps, gate, audit))
    include(voicemail_routes(deps, gate, audit))
    include(fax_routes(deps, gate, audit))
    include(export_routes(deps, gate, audit))
    include(schedule_routes(deps, gate, audit))
    include(import_routes(deps, gate, audit))
    include(supervision_routes(deps, gate, audit, line_tokens))
    include(supervision_line_routes(deps, sessions, streams, line_tokens))
    app.add_api_route("/api/v1/openapi.json", _openapi(app), methods=["GET"], include_in_schema=False, name="openapi")
    include(page_routes(Pages(deps.settings.static)))
    return app


def bare_app() -> FastAPI:
    """An app with every route and nothing behind them: for the OpenAPI document."""

    nothing = cast(Store, None)  # no request is made of it
    no_key = cast(Secrets, None)
    return create_app(Deps(store=nothing, projects={}, backlog=int, clock=float, version=__version__, secrets=no_key))


def _openapi(app: FastAPI) -> Any:
    made: list[bytes] = []

    async def openapi() -> Response:
        """This API's OpenAPI 3.1 document."""
        if not made:
            made.append(msgspec.json.encode(document(app)))
        return Response(made[0], media_type="application/json")

    return openapi
