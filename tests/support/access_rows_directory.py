"""The rows of the directory's and the project's own settings: administrators alone, but for photos."""

from typing import Any

from support.access_rows import PROJECT, Row

CSV: Any = {"text": "record,name\nemployee,Anna\n"}
PROJECT_ITSELF: Any = {"name": "Ours too", "timezone": "Europe/Kyiv", "country": "UA", "language": "en"}


def _settings(status: int) -> tuple[int, ...]:
    return (401, status, 403, 403, 403, 404)


DIRECTORY_ROWS = (
    Row("GET", PROJECT + "/employees/{employee_id}/photo", "{p}/employees/{anna}/photo", (401,) + (404,) * 5),
    *(
        Row(method, PROJECT + route, "{p}" + address, _settings(status), body)
        for method, route, address, status, body in (
            ("GET", "/directory/entries", "/directory/entries", 200, None),
            ("GET", "/directory/export", "/directory/export", 200, None),
            ("POST", "/directory/import", "/directory/import", 200, CSV),
            ("POST", "/directory/import", "/directory/import", 200, {**CSV, "dry": False}),
            ("GET", "/project", "/project", 200, None),
            ("PUT", "/project", "/project", 409, {**PROJECT_ITSELF, "revision": "0"}),
            ("PUT", "/project/archived", "/project/archived", 200, {"archived": False}),
            ("POST", "/project/removal", "/project/removal", 422, {"name": "Another"}),
            ("POST", "/departments", "/departments", 201, {"name": "New"}),
            ("PUT", "/departments/{department_id}", "/departments/999999", 404, {"name": "Old"}),
            ("POST", "/departments/{department_id}/merge", "/departments/999999/merge", 404, {"into_id": 1}),
            ("DELETE", "/departments/{department_id}", "/departments/999999", 404, None),
            ("POST", "/employees", "/employees", 201, {"name": "New"}),
            ("PUT", "/employees/{employee_id}", "/employees/{anna}", 409, {"name": "Ann", "revision": "0"}),
            ("POST", "/employees/{employee_id}/leave", "/employees/{anna}/leave", 409, {"revision": "0"}),
            ("POST", "/employees/{employee_id}/return", "/employees/{anna}/return", 409, {}),
            ("PUT", "/employees/{employee_id}/photo", "/employees/{anna}/photo", 422, None),
            ("DELETE", "/employees/{employee_id}/photo", "/employees/{anna}/photo", 200, None),
            ("PUT", "/queues/{queue}", "/queues/500", 200, {"label": "Line"}),
            ("DELETE", "/queues/{queue}", "/queues/500", 204, None),
            ("PUT", "/trunks/{trunk}", "/trunks/kyivstar", 200, {"label": "Kyivstar"}),
            ("DELETE", "/trunks/{trunk}", "/trunks/kyivstar", 204, None),
            ("PUT", "/outbound-routes/{route}", "/outbound-routes/1", 200, {"patterns": ["00X."]}),
            ("DELETE", "/outbound-routes/{route}", "/outbound-routes/1", 204, None),
        )
    ),
)
