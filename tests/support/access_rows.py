"""The table of who may what: each route with each role's answer (tests/integration/web/test_access.py)."""

import re
from typing import Any, NamedTuple

from support.web_floor import NOW

WHO = ("nobody", "administrator", "analyst", "supervisor", "employee", "stranger")
"""``stranger`` administers another project, and stands for "somebody else's project" in every row."""

PERIOD = f"from={NOW - 3600:.0f}&to={NOW:.0f}"

DAY = "2023-11-14"
DAYS = f"from={DAY}&to={DAY}"
PROJECT = "/api/v1/projects/{project_id}"
EMPLOYEES = "/api/v1/projects/{project_id}/employees/{employee_id}"
DND = {"action": "switch", "status": "dnd"}
TARIFF: Any = {"prefix": "48", "price": "1", "currency": "PLN"}
REPORT = {"what": "calls", "form": "csv", "query": f"from={DAY}&to={DAY}"}
LETTERS: Any = {"name": "Report", "report": REPORT, "recipients": {"user_ids": [1]}}
SCHEDULE: Any = {**LETTERS, "when": {"every": "day", "minute": 420, "period": "yesterday"}}
REPORTS: tuple[tuple[str, str, tuple[int, ...], Any], ...] = (
    ("GET", "/report-options", (401, 200, 200, 200, 403, 404), None),
    ("POST", "/exports", (401, 202, 202, 202, 403, 404), REPORT),
    ("GET", "/deliveries", (401, 200, 200, 200, 403, 404), None),
    ("POST", "/deliveries", (401, 409, 409, 409, 403, 404), LETTERS),  # this site has no mail server
    ("POST", "/deliveries/{delivery_id}/again", (401, 409, 404, 409, 403, 404), None),
    ("GET", "/deliveries/{delivery_id}/file", (401, 404, 404, 404, 403, 404), None),
    ("PUT", "/report-recipients/{user_id}", (401, 200, 404, 404, 403, 404), {"email": "anna@example.com"}),
    ("GET", "/report-schedules", (401, 200, 200, 200, 403, 404), None),
    ("POST", "/report-schedules", (401, 201, 201, 201, 403, 404), SCHEDULE),
    ("PUT", "/report-schedules/{schedule_id}", (401, 200, 404, 200, 403, 404), SCHEDULE),
    ("POST", "/report-schedules/{schedule_id}/send", (401, 409, 404, 409, 403, 404), None),
    ("DELETE", "/report-schedules/{schedule_id}", (401, 204, 404, 204, 403, 404), None),
    ("POST", "/report-schedules/{schedule_id}/restore", (401, 200, 404, 200, 403, 404), None),
)
"""Exports, letters and schedules: letter and schedule 1 are the supervisor's, user 1 the administrator."""


class Row(NamedTuple):
    """What each of WHO gets. ``route`` is as the app spells it, ``address`` for the request: {p} is our project."""

    method: str
    route: str
    address: str
    answers: tuple[int, ...]
    body: dict[str, Any] | None = None


ROWS = (
    Row("GET", "/healthz", "/healthz", (200, 200, 200, 200, 200, 200)),
    Row("GET", "/readyz", "/readyz", (200, 200, 200, 200, 200, 200)),
    Row("GET", "/api/v1/openapi.json", "/api/v1/openapi.json", (200, 200, 200, 200, 200, 200)),
    Row("GET", "/{address:path}", "/calls", (503, 503, 503, 503, 503, 503)),  # the page is not built here
    Row("HEAD", "/{address:path}", "/calls", (503, 503, 503, 503, 503, 503)),
    Row(
        "POST",
        "/api/v1/session",
        "/api/v1/session",
        (401, 401, 401, 401, 401, 401),
        {"login": "nobody", "password": "wrong password"},
    ),
    Row("GET", "/api/v1/session", "/api/v1/session", (401, 200, 200, 200, 200, 200)),
    Row("GET", "/api/v1/sessions", "/api/v1/sessions", (401, 200, 200, 200, 200, 200)),
    Row("DELETE", "/api/v1/sessions/{session_id}", "/api/v1/sessions/999999", (401, 404, 404, 404, 404, 404)),
    Row("GET", "/api/v1/projects/{project_id}/floor", "{p}/floor", (401, 200, 200, 200, 403, 404)),
    Row(
        "GET",
        "/api/v1/projects/{project_id}/live-calls/{call_id}",
        "{p}/live-calls/boris",
        (401, 200, 200, 404, 403, 404),
    ),
    *(
        Row("GET", PROJECT + "/past" + at, "{p}/past" + at + query, (401, 200, 200, 200, 403, 404))
        for at, query in (
            ("", f"?at={NOW - 60:.0f}"),
            ("/changes", "?" + PERIOD),
            ("/events", f"?at={NOW - 60:.0f}"),
            ("/line", "?" + PERIOD),
        )
    ),
    Row(  # nobody kept a past here; whose call is whose is test_past.py's
        "GET",
        "/api/v1/projects/{project_id}/past/calls/{call_id}",
        "{p}/past/calls/boris?" + f"at={NOW:.0f}",
        (401, 404, 404, 404, 403, 404),
    ),
    Row("GET", "/api/v1/projects/{project_id}/calls", "{p}/calls?" + PERIOD, (401, 200, 200, 200, 200, 404)),
    Row("GET", "/api/v1/projects/{project_id}/calls/{call_id}", "{p}/calls/done-boris", (401, 200, 200, 404, 404, 404)),
    Row("GET", "/api/v1/projects/{project_id}/directory", "{p}/directory", (401, 200, 200, 200, 200, 404)),
    Row("GET", "/api/v1/projects/{project_id}/audit", "{p}/audit", (401, 200, 403, 403, 403, 404)),
    Row("GET", "/api/v1/projects/{project_id}/jobs", "{p}/jobs", (401, 200, 200, 200, 200, 404)),
    *(  # the supervisor's job; the administrator's comes into being in test_jobs.py
        Row(method, "/api/v1/projects/{project_id}/jobs/{job_id}" + end, "{p}/jobs/{job}" + end, answers)
        for method, end, answers in (
            ("GET", "", (401, 200, 404, 200, 404, 404)),
            ("GET", "/file", (401, 404, 404, 404, 404, 404)),
            ("POST", "/cancel", (401, 200, 404, 200, 404, 404)),
        )
    ),
    *(
        Row(method, PROJECT + end, "{p}" + re.sub(r"\{\w+\}", "1", end), answers, sent)
        for method, end, answers, sent in REPORTS
    ),
    Row("GET", "/api/v1/projects/{project_id}/rules", "{p}/rules", (401, 200, 200, 200, 200, 404)),
    Row("PUT", "/api/v1/projects/{project_id}/rules", "{p}/rules", (401, 200, 403, 403, 403, 404), {}),
    Row("GET", "/api/v1/projects/{project_id}/numbers", "{p}/numbers", (401, 200, 200, 200, 200, 404)),
    *(
        Row(method, "/api/v1/projects/{project_id}/numbers/{number}", "{p}/numbers/48221234567", answers, body)
        for method, answers, body in (
            ("PUT", (401, 200, 403, 403, 403, 404), {"label": "Main"}),
            ("DELETE", (401, 204, 403, 403, 403, 404), None),
        )
    ),
    *(
        Row("GET", f"{PROJECT}/{address.partition('?')[0]}", "{p}/" + address, (401, 200, 200, 200, 200, 404))
        for address in (f"journal?{DAYS}", f"journal/totals?{DAYS}", f"journal/groups?{DAYS}&by=day", "tags")
    ),
    Row("GET", PROJECT + "/clients/{e164}", "{p}/clients/+48123456789", (401, 200, 200, 200, 200, 404)),
    # Whoever may not write about calls hears that, whichever call it is.
    *(
        Row(method, f"{PROJECT}/journal/calls/{{call_id}}{end}", f"{{p}}/journal/calls/{call_id}{end}", answers, body)
        for call_id, supervisor, employee in (("done-anna", 200, 200), ("done-boris", 404, 404))
        for method, end, answers, body in (
            ("GET", "", (401, 200, 200, supervisor, employee, 404), None),
            ("PUT", "/tags", (401, 200, 200, supervisor, 403, 404), {"tags": ["vip"]}),
            ("PUT", "/success", (401, 200, 200, supervisor, 403, 404), {"success": True}),
            ("PUT", "/spam", (401, 200, 403, supervisor, 403, 404), {"spam": True}),
            ("POST", "/notes", (401, 200, 200, supervisor, 403, 404), {"text": "called back"}),
        )
    ),
    Row(
        "DELETE",
        PROJECT + "/journal/calls/{call_id}/notes/{note_id}",
        "{p}/journal/calls/done-anna/notes/1",
        (401, 200, 200, 200, 403, 404),
    ),
    Row("GET", f"{PROJECT}/spam", "{p}/spam", (401, 200, 403, 200, 403, 404)),
    Row("POST", f"{PROJECT}/spam", "{p}/spam", (401, 200, 403, 200, 403, 404), {"number": "123456780"}),
    Row("DELETE", PROJECT + "/spam/{number}", "{p}/spam/+48123456780", (401, 204, 403, 204, 403, 404)),
    Row("GET", f"{PROJECT}/imports", "{p}/imports", (401, 200, 403, 403, 403, 404)),
    Row("POST", f"{PROJECT}/imports", "{p}/imports", (401, 422, 403, 403, 403, 404), {"zone": "Mars/Base"}),
    Row(
        "POST",
        f"{PROJECT}/imports/files",
        "{p}/imports/files",
        (401, 201, 403, 403, 403, 404),
        {"kind": "cdr", "name": "Master.csv", "size": 1},
    ),
    Row(
        "POST",
        PROJECT + "/imports/files/{file_id}/part",
        "{p}/imports/files/none/part?offset=0",
        (401, 404, 403, 403, 403, 404),
    ),
    *(
        Row(method, f"{PROJECT}/tariffs{route}", "{p}/tariffs" + address, (401, answer, 403, 403, 403, 404), asks)
        for method, route, address, answer, asks in (
            ("POST", "", "", 201, TARIFF),
            ("PUT", "/{tariff_id}", "/1", 200, {**TARIFF, "price": "2"}),  # and has another id from now on
            ("GET", "", "", 200, None),
            ("GET", "/export", "/export", 200, None),
            ("GET", "/cost", "/cost?number=%2B48601000000&seconds=61", 200, None),
            ("POST", "/import", "/import", 200, {"text": "prefix,price,currency\n49,1,EUR\n"}),
            ("POST", "/apply", "/apply", 202, {"first": DAY, "last": DAY}),
            ("DELETE", "/{tariff_id}", "/2", 204, None),
        )
    ),
    Row("GET", f"{PROJECT}/presence", f"{{p}}/presence?{DAYS}", (401, 200, 200, 200, 200, 404)),
    Row("GET", f"{PROJECT}/callbacks", "{p}/callbacks", (401, 200, 403, 200, 403, 404)),
    Row("GET", f"{PROJECT}/callbacks/revision", "{p}/callbacks/revision", (401, 200, 403, 200, 403, 404)),
    # Nobody waits for a call here; who sees whom of those who do is in test_callbacks_api.py.
    Row(
        "POST",
        PROJECT + "/callbacks/{client}/close",
        "{p}/callbacks/%2B48601000000/close",
        (401, 404, 403, 404, 403, 404),
        {"reason": "other"},
    ),
    Row(
        "DELETE",
        PROJECT + "/callbacks/closings/{closing_id}",
        "{p}/callbacks/closings/1",
        (401, 404, 403, 404, 403, 404),
    ),
    # Anna is the supervisor's, and is the employee; Boris is neither.
    *(
        row
        for block in (f"profile?{DAYS}", f"days/{DAY}/hours", f"days/{DAY}/statuses")
        for route in [f"{EMPLOYEES}/{block.split('?')[0].replace(DAY, '{day}')}"]
        for row in (
            Row("GET", route, "{p}/employees/{anna}/" + block, (401, 200, 200, 200, 200, 404)),
            Row("GET", route, "{p}/employees/{boris}/" + block, (401, 200, 200, 404, 404, 404)),
            Row("GET", route, "{p}/employees/999/" + block, (401, 404, 404, 404, 404, 404)),
        )
    ),
    *(
        Row("POST", f"{EMPLOYEES}/actions", "{p}/employees/" + whom + "/actions", answers, body)
        for body, whom, answers in (
            (DND, "{anna}", (401, 202, 403, 202, 202, 404)),
            (DND, "{boris}", (401, 202, 403, 404, 404, 404)),
            (DND, "999", (401, 404, 403, 404, 404, 404)),
            ({"action": "pause", "queue": "sales"}, "{anna}", (401, 202, 403, 202, 403, 404)),
            ({"action": "unpause", "queue": "sales"}, "{anna}", (401, 202, 403, 202, 403, 404)),
            ({"action": "dnd", "account": "101", "on": True}, "{anna}", (401, 202, 403, 202, 403, 404)),
            ({"action": "dnd", "account": "201", "on": True}, "{anna}", (401, 404, 403, 404, 403, 404)),
            ({"action": "dnd", "account": "201", "on": True}, "{boris}", (401, 202, 403, 404, 403, 404)),
            ({"action": "add_to_queue", "queue": "help", "account": "101"}, "{anna}", (401, 202, 403, 202, 403, 404)),
            ({"action": "remove_from_queue", "queue": "help"}, "{anna}", (401, 202, 403, 202, 403, 404)),
            ({"action": "pause", "queue": "help"}, "{boris}", (401, 202, 403, 404, 403, 404)),
        )
    ),
    # Anna's message and fax come first, then Boris's; of neither is there a file here.
    *(
        Row("GET", f"{PROJECT}/{address.partition('?')[0]}", "{p}/" + address, (401, 200, 200, 200, 200, 404))
        for address in ("messages", "voicemails?state=new", "voicemail-boxes", "faxes?sort=pages")
    ),
    *(
        Row(method, f"{PROJECT}/{route}", "{p}/" + address, answers, body)
        for kind, row_id, files in (
            ("voicemails", "{message_id}", ("audio", "peaks")),
            ("faxes", "{fax_id}", ("pages/{page}", "file")),
        )
        for whose, answers, unplayed in (
            ("1", (401, 200, 200, 200, 200, 404), (401, 404, 404, 404, 404, 404)),
            ("2", (401, 200, 200, 404, 404, 404), (401, 404, 404, 404, 404, 404)),
            ("999", (401, 404, 404, 404, 404, 404), (401, 404, 404, 404, 404, 404)),
        )
        for method, route, address, answers, body in (
            ("GET", f"{kind}/{row_id}", f"{kind}/{whose}", answers, None),
            ("PUT", f"{kind}/{row_id}/handled", f"{kind}/{whose}/handled", answers, {"handled": True}),
            ("PUT", f"{kind}/{row_id}/note", f"{kind}/{whose}/note", answers, {"note": "x"}),
            *(
                ("GET", f"{kind}/{row_id}/{file}", f"{kind}/{whose}/{file.format(page=1)}", unplayed, None)
                for file in files
            ),
        )
    ),
    *(  # nothing of it was recorded; who hears what is recorded is in test_recordings.py
        Row(
            method,
            f"{PROJECT}/journal/calls/{{call_id}}/recording" + end,
            "{p}/journal/calls/done-boris/recording" + end,
            (401, 404, 404, 404, 403, 404),
        )
        for method, end in (("GET", ""), ("HEAD", ""), ("GET", "/peaks"))
    ),
    Row("WEBSOCKET", "/api/v1/projects/{project_id}/stream", "", (4401, 0, 0, 0, 4403, 4404)),
    Row(
        "DELETE", "/api/v1/session", "/api/v1/session", (401, 204, 204, 204, 204, 204)
    ),  # the last: it ends the session
)
