"""What the page's test server answers with: JSON, refusals, and the patches of rows."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from callfloor.store.journal_rows import ClientHistory
from callfloor.web.contract import SessionEntry


def answer(content: Any, status: int = 200) -> Response:
    """A struct, or anything that msgspec writes, as JSON."""
    return Response(msgspec.json.encode(content), status_code=status, media_type="application/json")


def refusal(status: int, error_id: str, message: str | None = None, **details: Any) -> Response:
    """An error in the API's shape."""
    body = {"error_id": error_id, "message": message or error_id, "details": details, "request_id": "req-1"}
    return answer(body, status)


def session_entry(number: int, *, current: bool) -> SessionEntry:
    """An open session of the user's."""
    at = 1_795_290_000.0
    return SessionEntry(
        id=number,
        current=current,
        created_at=at,
        last_seen_at=at + 60 * number,
        expires_at=at + 86400,
        address="192.0.2.7",
        user_agent="Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
    )


def delta(kind: type[msgspec.Struct], before: Mapping[Any, msgspec.Struct], after: Mapping[Any, msgspec.Struct]) -> Any:
    """What became of rows, as one of the frames' deltas; only the fields that changed are told of a changed row."""
    changed = [_patch(before[key], row) for key, row in after.items() if before.get(key, row) != row]
    told = {
        "added": [row for key, row in after.items() if key not in before],
        "changed": changed,
        "removed": [key for key in before if key not in after],
    }
    return msgspec.convert(told, kind, from_attributes=True)


def _patch(before: msgspec.Struct, after: msgspec.Struct) -> dict[str, Any]:
    names = after.__struct_fields__
    found = {name: getattr(after, name) for name in names if getattr(before, name) != getattr(after, name)}
    return {"id": after.id, **found}  # type: ignore[attr-defined]  # every row has an id


async def new_client(request: Request) -> Response:
    """A client who has not called before."""
    return answer(
        ClientHistory(
            client_e164=request.path_params["e164"],
            calls=0,
            first_at=None,
            last_at=None,
            last_employee_id=None,
            last_employee_name=None,
            spam=False,
            recent=(),
        )
    )
