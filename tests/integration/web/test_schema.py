"""Whatever the OpenAPI document allows, and what it does not, is answered as the document says, never by a 5xx."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from callfloor.floor.calls import CallStatus
from callfloor.web.app import bare_app
from callfloor.web.openapi import document
from callfloor.web.sessions import COOKIE
from support.access_rights import EVERYBODY, RIGHTS
from support.web_floor import call, record
from support.web_site import Site, site

schema = schemathesis.openapi.from_dict(document(bare_app()))

Served = tuple[Site, dict[str, str]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site in a thread of its own, since schemathesis asks by blocking calls; and an administrator's headers."""
    ready: Future[tuple[Site, dict[str, str], Callable[[], None]]] = Future()

    async def live(folder: Path) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        async with site(folder) as found:
            found.floor.put(call("a", found.anna), call("q", status=CallStatus.QUEUE))
            found.store.project(found.ours).journal.write([record("done", "101")])
            client = await found.signed_in("administrator")
            headers = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}", "X-CSRF-Token": client.headers["X-CSRF-Token"]}
            ready.set_result((found, headers, lambda: loop.call_soon_threadsafe(stop.set)))
            await stop.wait()

    thread = Thread(target=lambda: asyncio.run(live(tmp_path_factory.mktemp("site"))), name="site")
    thread.start()
    found, headers, stop = ready.result(timeout=30)
    yield found, headers
    stop()
    thread.join(timeout=30)


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@schema.parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_the_document_says(case: Case, served: Served) -> None:
    found, headers = served
    if case.operation.definition.raw["operationId"] == "signOut":
        headers = {}  # or the rest would be asked by nobody
    if case.headers:
        case.headers.pop("Authorization", None)  # a made-up token would hide what is behind the session
    response: Any = case.call(base_url=found.url, headers=headers)
    case.validate_response(response, checks=CHECKS)


@schema.parametrize()
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_stranger_is_told_nothing(case: Case, served: Served) -> None:
    found, _ = served
    response: Any = case.call(base_url=found.url)
    if RIGHTS[(case.operation.method.upper(), case.operation.path)] != EVERYBODY:
        assert 400 <= response.status_code < 500
