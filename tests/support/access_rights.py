"""Which right each route asks for: one line for each; a route without one fails tests/integration/web/test_access.py.

``~`` is /api/v1/projects/{project_id}. ``EVERYBODY`` asks nothing; ``PERSON`` asks for somebody signed in at the page,
and refuses every token of a program.
"""

from callfloor.web.access import Action

EVERYBODY = "everybody"
PERSON = "person"

_RIGHTS: dict[Action | str, str] = {
    EVERYBODY: """
        GET /api/v1/sign-in
        POST /api/v1/sign-in/forgotten
        POST /api/v1/sign-in/link
        PUT /api/v1/sign-in/link
        GET /api/v1/oidc/start
        GET /api/v1/oidc/callback
        GET /api/v1/setup
        POST /api/v1/setup/code
        POST /api/v1/setup
        GET /metrics
        GET /healthz
        GET /readyz
        GET /api/v1/openapi.json
        GET /{address:path}
        HEAD /{address:path}
        POST /api/v1/session
    """,
    PERSON: """
        GET /api/v1/account
        PUT /api/v1/account/look
        PUT /api/v1/account/password
        POST /api/v1/account/second-factor
        PUT /api/v1/account/second-factor
        POST /api/v1/account/second-factor/remove
        POST /api/v1/account/second-factor/recovery-codes
        GET /api/v1/tokens
        POST /api/v1/tokens
        DELETE /api/v1/tokens/{token_id}
        GET /api/v1/installation/oidc
        PUT /api/v1/installation/oidc
        POST /api/v1/installation/oidc/test
        POST ~/supervisions
        POST ~/supervisions/{supervision_id}/token
        WEBSOCKET ~/supervisions/{supervision_id}/line
        GET /api/v1/session
        GET /api/v1/sessions
        DELETE /api/v1/sessions/{session_id}
        DELETE /api/v1/session
    """,
    Action.ANNOTATE: """
        PUT ~/journal/calls/{call_id}/tags
        PUT ~/journal/calls/{call_id}/success
        POST ~/journal/calls/{call_id}/notes
        DELETE ~/journal/calls/{call_id}/notes/{note_id}
    """,
    Action.CALL_BACK: """
        GET ~/callbacks
        GET ~/callbacks/revision
        POST ~/callbacks/{client}/close
        DELETE ~/callbacks/closings/{closing_id}
    """,
    Action.HANDLE_PERSONAL_DATA: """
        POST ~/personal-data/client
        POST ~/personal-data/client-export
        POST ~/personal-data/client-erasure
        POST ~/personal-data/retention
        POST ~/personal-data/employees/{employee_id}/erasure
    """,
    Action.CHANGE_SETTINGS: """
        GET ~/connections
        POST ~/connections
        POST ~/connections/test
        PUT ~/connections/{connection_id}
        PUT ~/connections/{connection_id}/paused
        POST ~/connections/{connection_id}/examination
        DELETE ~/connections/{connection_id}
        GET ~/repairs
        POST ~/repairs
        PUT ~/repairs/places/{connection_id}
        GET ~/discovery
        POST ~/discovery/{connection_id}/look
        POST ~/discovery/accept
        POST ~/discovery/refuse
        POST ~/discovery/reconsider
        PUT ~/discovery/{connection_id}/takes-new
        PUT ~/rules
        PUT ~/numbers/{number}
        DELETE ~/numbers/{number}
        GET ~/directory/entries
        GET ~/directory/export
        POST ~/directory/import
        POST ~/departments
        PUT ~/departments/{department_id}
        POST ~/departments/{department_id}/merge
        DELETE ~/departments/{department_id}
        POST ~/employees
        PUT ~/employees/{employee_id}
        POST ~/employees/{employee_id}/leave
        POST ~/employees/{employee_id}/return
        PUT ~/employees/{employee_id}/photo
        DELETE ~/employees/{employee_id}/photo
        PUT ~/queues/{queue}
        DELETE ~/queues/{queue}
        PUT ~/trunks/{trunk}
        DELETE ~/trunks/{trunk}
        PUT ~/outbound-routes/{route}
        DELETE ~/outbound-routes/{route}
        GET ~/project
        PUT ~/project
        GET ~/imports
        POST ~/imports
        POST ~/imports/files
        POST ~/imports/files/{file_id}/part
        POST ~/tariffs
        PUT ~/tariffs/{tariff_id}
        GET ~/tariffs
        GET ~/tariffs/export
        GET ~/tariffs/cost
        POST ~/tariffs/import
        POST ~/tariffs/apply
        DELETE ~/tariffs/{tariff_id}
    """,
    Action.ARCHIVE: """
        PUT ~/project/archived
        POST ~/project/removal
    """,
    Action.CONTROL_CALLS: """
        POST ~/live-calls/{call_id}/actions
    """,
    Action.EXPORT: """
        GET ~/report-options
        POST ~/exports
        GET ~/deliveries
        POST ~/deliveries
        POST ~/deliveries/{delivery_id}/again
        GET ~/deliveries/{delivery_id}/file
        PUT ~/report-recipients/{user_id}
        GET ~/report-schedules
        POST ~/report-schedules
        PUT ~/report-schedules/{schedule_id}
        POST ~/report-schedules/{schedule_id}/send
        DELETE ~/report-schedules/{schedule_id}
        POST ~/report-schedules/{schedule_id}/restore
    """,
    Action.LISTEN: """
        GET ~/journal/calls/{call_id}/recording
        HEAD ~/journal/calls/{call_id}/recording
        GET ~/journal/calls/{call_id}/recording/peaks
    """,
    Action.MANAGE_USERS: """
        GET ~/users
        GET ~/user-candidates
        POST ~/users
        PUT ~/users/{user_id}
        PUT ~/users/{user_id}/disabled
        POST ~/users/{user_id}/link
        PUT ~/users/{user_id}/password
        POST ~/users/{user_id}/place
        DELETE ~/users/{user_id}/second-factor
        GET ~/users/{user_id}/sessions
        DELETE ~/users/{user_id}/sessions/{session_id}
        DELETE ~/users/{user_id}/sessions
        DELETE ~/users/{user_id}
        PUT ~/second-factor-roles
    """,
    Action.MARK_SPAM: """
        PUT ~/journal/calls/{call_id}/spam
        GET ~/spam
        POST ~/spam
        DELETE ~/spam/{number}
    """,
    Action.READ_AUDIT: """
        GET ~/supervision-log
        GET ~/supervision-log/options
        GET ~/supervision-log/file
        GET ~/audit/options
        GET ~/audit/file
        GET ~/audit
    """,
    Action.READ_CALLS: """
        GET ~/calls
        GET ~/calls/{call_id}
        GET ~/journal
        GET ~/journal/totals
        GET ~/journal/groups
        GET ~/tags
        GET ~/clients/{e164}
        GET ~/journal/calls/{call_id}
    """,
    Action.READ_DIRECTORY: """
        GET ~/personal-data
        GET ~/directory
        GET ~/jobs
        GET ~/jobs/{job_id}
        GET ~/jobs/{job_id}/file
        POST ~/jobs/{job_id}/cancel
        GET ~/rules
        GET ~/numbers
        GET ~/employees/{employee_id}/photo
    """,
    Action.READ_MESSAGES: """
        GET ~/messages
        GET ~/voicemails
        GET ~/voicemail-boxes
        GET ~/faxes
        GET ~/voicemails/{message_id}
        PUT ~/voicemails/{message_id}/handled
        PUT ~/voicemails/{message_id}/note
        GET ~/voicemails/{message_id}/audio
        GET ~/voicemails/{message_id}/peaks
        GET ~/faxes/{fax_id}
        PUT ~/faxes/{fax_id}/handled
        PUT ~/faxes/{fax_id}/note
        GET ~/faxes/{fax_id}/pages/{page}
        GET ~/faxes/{fax_id}/file
    """,
    Action.READ_PROFILE: """
        GET ~/employees/{employee_id}/supervised
        GET ~/presence
        GET ~/employees/{employee_id}/profile
        GET ~/employees/{employee_id}/days/{day}/hours
        GET ~/employees/{employee_id}/days/{day}/statuses
    """,
    Action.SUPERVISE: """
        GET ~/supervisions
        GET ~/supervisions/ways
        PUT ~/supervisions/{supervision_id}
        DELETE ~/supervisions/{supervision_id}
    """,
    Action.SWITCH_STATUS: """
        POST ~/employees/{employee_id}/actions
    """,
    Action.WATCH_FLOOR: """
        GET ~/floor
        GET ~/live-calls/{call_id}
        WEBSOCKET ~/stream
        GET ~/past
        GET ~/past/changes
        GET ~/past/events
        GET ~/past/line
        GET ~/past/calls/{call_id}
    """,
}

RIGHTS: dict[tuple[str, str], Action | str] = {
    (line.split()[0], line.split()[1].replace("~", "/api/v1/projects/{project_id}")): right
    for right, lines in _RIGHTS.items()
    for line in lines.split("\n")
    if line.strip()
}
