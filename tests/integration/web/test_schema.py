"""Whatever the OpenAPI document allows, and what it does not, is answered as the document says, never by a 5xx."""

import asyncio
import unittest
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.generation.hypothesis import builder
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.transport.requests import SameHostRedirectsSession

from callfloor.floor.calls import CallStatus
from callfloor.web.app import bare_app
from callfloor.web.openapi import document
from callfloor.web.protocols import HEAD_BYTES
from callfloor.web.sessions import COOKIE
from support.access_rights import EVERYBODY, RIGHTS
from support.web_floor import call, record
from support.web_site import Site, site

SCHEMA: Final = schemathesis.openapi.from_dict(document(bare_app()))
OPERATIONS: Final[dict[str, Any]] = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}

LEFT_OUT: Final = (
    builder.UnsatisfiableExampleMark,
    builder.NonSerializableMark,
    builder.UnserializablePayloadMark,
    builder.InvalidRegexMark,
    builder.InvalidHeadersExampleMark,
    builder.MissingPathParameters,
)
"""By what a made test says of cases that could not be."""

Served = tuple[Site, dict[str, str], SameHostRedirectsSession]


def each_operation(asked: Callable[[Case, Served], None]) -> Callable[[str, Served], None]:
    """A test of each operation, with the cases that schemathesis makes of it: 60 on average, before any is random.

    Its own ``parametrize`` makes those of all operations while pytest collects, in each process that runs some.
    """

    @pytest.mark.parametrize("operation", OPERATIONS)
    def each(operation: str, served: Served) -> None:
        test: Any = build_operation_test(
            config=SCHEMA.config,
            operation=OPERATIONS[operation],
            test_func=asked,
            given_kwargs={},
            feedback=builder.NO_FEEDBACK,
        )
        try:
            test(served=served)
        except unittest.SkipTest as none:
            pytest.fail(f"nothing could be asked: {none}")
        assert [mark for mark in LEFT_OUT if mark.is_set(test)] == []

    return each


@pytest.fixture(scope="module")
def wire() -> Iterator[SameHostRedirectsSession]:
    """Connections that are kept, and no answer's cookie: a session for each of 30,000 requests takes time."""
    with SameHostRedirectsSession() as session:
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        yield session


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, wire: SameHostRedirectsSession) -> Iterator[Served]:
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
    yield found, headers, wire
    stop()
    thread.join(timeout=30)


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def beyond_the_head(asked: requests.PreparedRequest) -> bool:
    """Whether its head has more than the server reads: this it says before any operation hears of it."""
    return len(asked.path_url) + sum(len(name) + len(value) + 4 for name, value in asked.headers.items()) > HEAD_BYTES


@each_operation
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_the_document_says(case: Case, served: Served) -> None:
    found, headers, wire = served
    if case.operation.definition.raw["operationId"] == "signOut":
        headers = {}  # or the rest would be asked by nobody
    if case.headers:
        case.headers.pop("Authorization", None)  # a made-up token would hide what is behind the session
    response: Any = case.call(base_url=found.url, session=wire, headers=headers)
    if response.status_code != 431 or not beyond_the_head(response.request):
        case.validate_response(response, checks=CHECKS)


@each_operation
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_stranger_is_told_nothing(case: Case, served: Served) -> None:
    found, _, wire = served
    response: Any = case.call(base_url=found.url, session=wire)
    if RIGHTS[(case.operation.method.upper(), case.operation.path)] != EVERYBODY:
        assert 400 <= response.status_code < 500
