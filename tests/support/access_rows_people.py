"""The rows of users, own accounts, tokens and signing in. Users 2, 3, 4: the analyst, the supervisor, the employee."""

from typing import Any

from support.access_rows import PROJECT, Row

OPEN = (200, 200, 200, 200, 200, 200)
PERSON = (401, 200, 200, 200, 200, 200)  # somebody who is signed in; it is their own
MANAGER = (401, 200, 403, 403, 403, 404)
NOBODY_HERE = (401, 403, 403, 403, 403, 403)  # no one of this site administers every project
WRONG: Any = {"password": "not my password"}
NEW_USER: Any = {"login": "new", "name": "New", "role": "analyst", "password": "a long enough one"}

_ELSEWHERE: Any = {"enabled": False}


def _manager(status: int) -> tuple[int, ...]:
    return (401, status, 403, 403, 403, 404)


PEOPLE_ROWS = (
    Row("GET", "/api/v1/sign-in", "/api/v1/sign-in", OPEN),
    Row("POST", "/api/v1/sign-in/forgotten", "/api/v1/sign-in/forgotten", (202,) * 6, {"login": "analyst"}),
    Row("POST", "/api/v1/sign-in/link", "/api/v1/sign-in/link", (409,) * 6, {"token": "none"}),
    Row(
        "PUT",
        "/api/v1/sign-in/link",
        "/api/v1/sign-in/link",
        (409,) * 6,
        {"token": "none", "password": "a long enough one"},
    ),
    Row("GET", "/api/v1/oidc/start", "/api/v1/oidc/start", (303,) * 6),
    Row("GET", "/api/v1/oidc/callback", "/api/v1/oidc/callback?state=x&code=y", (303,) * 6),
    Row("GET", "/api/v1/setup", "/api/v1/setup", OPEN),
    Row("POST", "/api/v1/setup/code", "/api/v1/setup/code", (409,) * 6, {"code": "12345678"}),
    Row(
        "POST",
        "/api/v1/setup",
        "/api/v1/setup",
        (409,) * 6,
        {
            "code": "12345678",
            "project": {"name": "Other", "timezone": "UTC", "country": "PL", "language": "en"},
            "administrator": {"login": "me", "name": "Me", "password": "a long enough one"},
        },
    ),
    Row("GET", "/api/v1/account", "/api/v1/account", PERSON),
    Row("PUT", "/api/v1/account/look", "/api/v1/account/look", PERSON, {"theme": "dark"}),
    *(
        Row(method, "/api/v1/account" + end, "/api/v1/account" + end, (401,) + (status,) * 5, body)
        for method, end, status, body in (
            ("PUT", "/password", 403, {"current": "not my password", "new": "a long enough one"}),
            ("POST", "/second-factor", 403, WRONG),
            ("PUT", "/second-factor", 404, {"code": "000000"}),
            ("POST", "/second-factor/remove", 403, WRONG),
            ("POST", "/second-factor/recovery-codes", 403, WRONG),
        )
    ),
    Row("GET", "/api/v1/tokens", "/api/v1/tokens", PERSON),
    Row(
        "POST",
        "/api/v1/tokens",
        "/api/v1/tokens",
        (401, 201, 201, 201, 201, 404),
        {"name": "x", "project_id": 1, "scopes": ["calls:read"]},
    ),
    Row("DELETE", "/api/v1/tokens/{token_id}", "/api/v1/tokens/999999", (401, 404, 404, 404, 404, 404)),
    Row("GET", "/api/v1/installation/oidc", "/api/v1/installation/oidc", NOBODY_HERE),
    Row("PUT", "/api/v1/installation/oidc", "/api/v1/installation/oidc", NOBODY_HERE, _ELSEWHERE),
    Row("POST", "/api/v1/installation/oidc/test", "/api/v1/installation/oidc/test", NOBODY_HERE, _ELSEWHERE),
    *(
        Row(method, PROJECT + end, "{p}" + end.format(user_id=user, session_id=999), _manager(status), body)
        for method, end, user, status, body in (
            ("GET", "/users", 0, 200, None),
            ("GET", "/user-candidates", 0, 200, None),
            ("POST", "/users", 0, 201, NEW_USER),
            ("PUT", "/users/{user_id}", 2, 200, {"role": "analyst"}),
            ("PUT", "/users/{user_id}", 5, 404, {"role": "analyst"}),  # the stranger: in another project alone
            ("PUT", "/users/{user_id}/disabled", 2, 200, {"disabled": False}),
            ("PUT", "/users/{user_id}/disabled", 5, 404, {"disabled": True}),
            ("POST", "/users/{user_id}/link", 2, 201, {"by": "hand"}),
            ("POST", "/users/{user_id}/link", 5, 404, {"by": "hand"}),
            ("PUT", "/users/{user_id}/password", 5, 404, {"password": "a long enough one"}),
            ("POST", "/users/{user_id}/place", 5, 404, {"role": "analyst"}),
            ("DELETE", "/users/{user_id}/second-factor", 2, 404, None),
            ("DELETE", "/users/{user_id}/second-factor", 5, 404, None),
            ("GET", "/users/{user_id}/sessions", 3, 200, None),
            ("GET", "/users/{user_id}/sessions", 5, 404, None),
            ("DELETE", "/users/{user_id}/sessions/{session_id}", 3, 404, None),
            ("DELETE", "/users/{user_id}/sessions/{session_id}", 5, 404, None),
            ("DELETE", "/users/{user_id}/sessions", 4, 204, None),
            ("DELETE", "/users/{user_id}/sessions", 5, 404, None),
            ("PUT", "/users/{user_id}/password", 3, 204, {"password": "a long enough one"}),
            ("DELETE", "/users/{user_id}", 4, 204, None),
            ("DELETE", "/users/{user_id}", 5, 404, None),
            ("PUT", "/second-factor-roles", 0, 200, {"roles": []}),
        )
    ),
    Row("GET", PROJECT + "/personal-data", "{p}/personal-data", (401, 200, 200, 200, 200, 404)),
    *(
        Row("POST", PROJECT + "/personal-data" + end, "{p}/personal-data" + end, _manager(status), body)
        for end, status, body in (
            ("/client", 200, {"client": "+48123456789"}),
            ("/client-export", 202, {"client": "+48123456789"}),
            ("/client-erasure", 422, {"client": "+48123456789", "again": "+48123456780"}),
            ("/retention", 202, None),
        )
    ),
    Row(
        "POST",
        PROJECT + "/personal-data/employees/{employee_id}/erasure",
        "{p}/personal-data/employees/{anna}/erasure",
        _manager(422),
        {"name": "Nobody"},
    ),
)
