"""The rows of supervision, of what is done to live calls, of the logs and of PBX connections.

On the tests' site no PBX can be asked: who may gets a 404. What comes of it is in the tests of each.
"""

from support.access_rows import EMPLOYEES, PROJECT, Row

SUPERVISORS = (401, 404, 403, 404, 403, 404)
CONNECTIONS = (401, 404, 403, 403, 403, 404)
LOGS = (401, 200, 403, 403, 403, 404)
STARTED = {"call_id": "boris", "way": "browser"}
CONNECTION = {"name": "PBX", "host": "127.0.0.1", "port": 1, "user": "u", "secret": "s"}


def _addressed(end: str) -> str:
    return "{p}" + end.format(supervision_id="none", call_id="boris", connection_id=999)


SUPERVISION_ROWS = (
    Row("GET", "/metrics", "/metrics", (200,) * 6),  # to this machine alone, or with a token: test_metrics.py
    *(
        Row(method, PROJECT + end, _addressed(end), answers, body)
        for answers, routes in (
            (
                SUPERVISORS,
                (
                    ("GET", "/supervisions", None),
                    ("GET", "/supervisions/ways", None),
                    ("POST", "/supervisions", STARTED),
                    ("PUT", "/supervisions/{supervision_id}", {"muted": True}),
                    ("POST", "/supervisions/{supervision_id}/token", None),
                    ("DELETE", "/supervisions/{supervision_id}", None),
                    ("POST", "/live-calls/{call_id}/actions", {"type": "hang_up"}),
                ),
            ),
            (
                LOGS,
                (
                    ("GET", "/supervision-log", None),
                    ("GET", "/supervision-log/options", None),
                    ("GET", "/supervision-log/file", None),
                    ("GET", "/audit/options", None),
                    ("GET", "/audit/file", None),
                ),
            ),
            (
                CONNECTIONS,
                (
                    ("GET", "/connections", None),
                    ("POST", "/connections", CONNECTION),
                    ("POST", "/connections/test", CONNECTION),
                    ("PUT", "/connections/{connection_id}", CONNECTION),
                    ("PUT", "/connections/{connection_id}/paused", {"paused": True}),
                    ("POST", "/connections/{connection_id}/examination", None),
                    ("DELETE", "/connections/{connection_id}", None),
                    ("GET", "/repairs", None),
                    ("POST", "/repairs", {"link_id": 1, "began_at": 1.0, "ended_at": 2.0}),
                    ("PUT", "/repairs/places/{connection_id}", {"zone": "UTC"}),
                    ("GET", "/discovery", None),
                    ("POST", "/discovery/{connection_id}/look", None),
                    ("POST", "/discovery/accept", {"ids": ["0" * 20]}),
                    ("POST", "/discovery/refuse", {"ids": ["0" * 20]}),
                    ("POST", "/discovery/reconsider", {"connection_id": 1, "kind": "name", "key": "101"}),
                    ("PUT", "/discovery/{connection_id}/takes-new", {"takes_new": True}),
                ),
            ),
        )
        for method, end, body in routes
    ),
    Row("GET", EMPLOYEES + "/supervised", "{p}/employees/{anna}/supervised", (401, 200, 200, 200, 200, 404)),
    Row("GET", EMPLOYEES + "/supervised", "{p}/employees/{boris}/supervised", (401, 200, 200, 404, 404, 404)),
    Row(
        "WEBSOCKET",
        PROJECT + "/supervisions/{supervision_id}/line",
        "/supervisions/none/line",
        (4401, 4404, 4403, 4404, 4403, 4404),
    ),
)
