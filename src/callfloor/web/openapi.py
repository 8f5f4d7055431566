"""The OpenAPI 3.1 document: routes from FastAPI, shapes from the structs, the stream's frames among them.

``python -m callfloor.web.openapi > openapi.json`` writes it: pure, no server, no store.
"""

import sys
from typing import Any, get_args

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from callfloor.floor.changes import Snapshot
from callfloor.floor.directory import Directory
from callfloor.store.faxes import FaxPage
from callfloor.store.jobs import Job
from callfloor.store.journal import JournalCall
from callfloor.store.journal_rows import ClientHistory, JournalRows, JournalTotals, TotalsGroup, WholeCall
from callfloor.store.lines import OwnNumber
from callfloor.store.rules import Rules
from callfloor.store.voicemail_rows import VoicemailPage
from callfloor.web import contract, contract_reports
from callfloor.web.access_app import ACCESS_ASKED, ACCESS_SHAPES
from callfloor.web.answers import REF, ErrorBody, documented
from callfloor.web.audit_api import AUDIT_SHAPES
from callfloor.web.call_actions import CallAction
from callfloor.web.callbacks_api import CALLBACK_ASKED, CALLBACK_SHAPES
from callfloor.web.connections_api import CONNECTION_ASKED, CONNECTION_SHAPES
from callfloor.web.contract_directory import DIRECTORY_ASKED, DIRECTORY_SHAPES
from callfloor.web.contract_messages import BoxList, HandledChange, MessagesState, NoteChange
from callfloor.web.contract_past import PAST_SHAPES
from callfloor.web.discovery import DISCOVERY_ASKED, DISCOVERY_SHAPES
from callfloor.web.imports_api import IMPORT_ASKED, IMPORT_SHAPES
from callfloor.web.jobs_api import JobList
from callfloor.web.journal_api import TagList
from callfloor.web.journal_notes_api import AddNote, SetSpam, SetSuccess, SetTags
from callfloor.web.personal_api import PERSONAL_ASKED, PERSONAL_SHAPES
from callfloor.web.presence_api import Presence
from callfloor.web.push.frames import CallPatch, EmployeePatch, Frame, PingMessage
from callfloor.web.repairs import REPAIR_ASKED, REPAIR_SHAPES
from callfloor.web.rules_api import RulesAnswer, RulesChange
from callfloor.web.scopes import SCOPES
from callfloor.web.sessions import COOKIE
from callfloor.web.settings_api import NumberChange, NumberList
from callfloor.web.setup import SET_UP_ASKED, SET_UP_SHAPES
from callfloor.web.sounds import Waveform
from callfloor.web.spam_api import AddSpam, SpamList
from callfloor.web.supervision_api import SUPERVISION_ASKED, SUPERVISION_SHAPES
from callfloor.web.supervision_frames import LineFrame, LineMessage
from callfloor.web.supervision_log_api import SUPERVISION_LOG_SHAPES
from callfloor.web.tariffs_api import TARIFF_ASKED, TARIFF_SHAPES

SHAPES = (
    ErrorBody,
    Snapshot,
    Directory,
    PingMessage,
    contract.SignIn,
    contract.SessionInfo,
    contract.SessionList,
    *ACCESS_SHAPES,
    contract.LiveCallDetail,
    *PAST_SHAPES,
    contract.CallList,
    JournalCall,
    contract.Profile,
    contract.ProfileHours,
    contract.DayStatuses,
    contract.Accepted,
    *AUDIT_SHAPES,
    *SUPERVISION_LOG_SHAPES,
    *SUPERVISION_SHAPES,
    Job,
    JobList,
    Rules,
    JournalRows,
    JournalTotals,
    Presence,
    TotalsGroup,
    WholeCall,
    ClientHistory,
    TagList,
    SetTags,
    SetSuccess,
    SetSpam,
    AddNote,
    AddSpam,
    SpamList,
    RulesAnswer,
    RulesChange,
    OwnNumber,
    NumberChange,
    NumberList,
    Waveform,
    MessagesState,
    VoicemailPage,
    BoxList,
    FaxPage,
    HandledChange,
    NoteChange,
    *contract_reports.SHAPES,
    *CALLBACK_SHAPES,
    *PERSONAL_SHAPES,
    *TARIFF_SHAPES,
    *IMPORT_SHAPES,
    *CONNECTION_SHAPES,
    *REPAIR_SHAPES,
    *DISCOVERY_SHAPES,
    *DIRECTORY_SHAPES,
    *SET_UP_SHAPES,
    contract.Health,
    contract.Readiness,
)

UNIONS: dict[str, Any] = {
    "Frame": Frame,
    "LineFrame": LineFrame,
    "LineMessage": LineMessage,
    "EmployeeAction": contract.EmployeeAction,
    "CallAction": CallAction,
}
"""Shapes that are one of several; a union has no name of its own."""

_ASKED = {
    *contract_reports.ASKED,
    *CALLBACK_ASKED,
    *PERSONAL_ASKED,
    *TARIFF_ASKED,
    *IMPORT_ASKED,
    *CONNECTION_ASKED,
    *REPAIR_ASKED,
    *DISCOVERY_ASKED,
    *DIRECTORY_ASKED,
    *SET_UP_ASKED,
    *SUPERVISION_ASKED,
    *ACCESS_ASKED,
    "SignIn",
    "PingMessage",
    "RulesChange",
    "SupervisionPolicyChange",
    "KeepDaysChange",
    "NumberChange",
    "AddSpam",
    "HandledChange",
    "NoteChange",
    *(kind.__name__ for kind in get_args(contract.EmployeeAction)),
    *(kind.__name__ for kind in get_args(CallAction)),
    *(kind.__name__ for kind in get_args(LineMessage)),
}
"""What comes in: an optional field may be left out."""

_SPARSE = {"StoryStep", "Cause", "Badge", "DeltaFrame", "PastFrame", CallPatch.__name__, EmployeePatch.__name__}
"""What goes out without fields that say nothing."""


TOKENS = (
    "A program's token, made at the page under Settings, Tokens. It asks in its user's name, in one project, as far as "
    f"its scopes go: {', '.join(SCOPES)}. It needs no CSRF token."
)


def document(app: FastAPI) -> dict[str, Any]:
    """The whole document of an app."""
    found = get_openapi(
        title="Callfloor",
        version=app.version,
        openapi_version="3.1.0",
        summary="A contact centre's whole floor, live.",
        description=(
            "Instants are UTC epoch seconds, durations are seconds. Every failure is an ErrorBody. "
            "The live stream is a WebSocket at /api/v1/projects/{project_id}/stream: docs/push-protocol.md; "
            "its frames are the schema Frame. A supervision's line is one at "
            "/api/v1/projects/{project_id}/supervisions/{supervision_id}/line: docs/supervision-line.md; its texts are "
            "the schemas LineFrame and LineMessage."
        ),
        routes=app.routes,
    )
    components = found.setdefault("components", {})
    components["schemas"] = {**components.get("schemas", {}), **shapes()}
    for gone in ("HTTPValidationError", "ValidationError"):  # FastAPI's own; our errors have one form
        components["schemas"].pop(gone, None)
    components["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
        "token": {"type": "http", "scheme": "bearer", "description": TOKENS},
    }
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            scheme: dict[str, list[str]] = {"session": []} if method == "get" else {"session": [], "csrf": []}
            programs: list[dict[str, list[str]]] = [{"token": []}] if "/projects/{project_id}" in path else []
            operation.setdefault("security", [scheme, *programs])
            if programs:  # a token that asks too often, or too many wrong ones from one address
                operation["responses"].setdefault("429", documented(None, 429)[429])
    return found


def shapes() -> dict[str, Any]:
    """The component schemas by name."""
    schemas, found = msgspec.json.schema_components([*UNIONS.values(), *SHAPES], ref_template=REF)
    found.update(zip(UNIONS, schemas, strict=False))  # the schemas of the structs after them are mere references
    for name, schema in found.items():
        properties = schema.get("properties")
        # msgspec takes a field with a default for one that may be missing. In what we send it is always there.
        if properties and name not in _ASKED | _SPARSE:
            schema["required"] = list(properties)
        if properties and name != "ErrorBody":
            schema["additionalProperties"] = False
    return found


def main() -> None:
    """Write the document to the standard output."""
    from callfloor.web.app import bare_app  # noqa: PLC0415  # the app imports this module

    text = msgspec.json.format(msgspec.json.encode(document(bare_app()), order="sorted"), indent=2)
    sys.stdout.buffer.write(text + b"\n")


if __name__ == "__main__":
    main()
