"""Answers: structs encoded by msgspec, errors in one form, and what the OpenAPI document says of both."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from callfloor.errors import AmiError, CallfloorError, InvalidInputError, RangeError, SoundError
from callfloor.web.masked import veil

logger = logging.getLogger(__name__)

T = TypeVar("T")

_encoder = msgspec.json.Encoder()

REF = "#/components/schemas/{name}"


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """Every refusal and failure. ``error_id`` is stable and for programs; ``message`` is English and for people."""

    error_id: str
    message: str
    details: dict[str, Any]
    request_id: str


class Json(Response):
    """A struct, encoded by msgspec."""

    media_type = "application/json"

    def __init__(self, content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        mask = veil.get()
        shown = content if mask is None else mask.over(content)
        super().__init__(_encoder.encode(shown), status_code=status, headers=dict(headers) if headers else None)


def body(kind: type[T], raw: bytes) -> T:
    """The request's body as a struct.

    Raises:
        InvalidInputError: it is not JSON, or not of this shape. The text names the place, and quotes nothing.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise InvalidInputError("The request's body has not the shape that is asked for.", at=_place(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidInputError("The request's body is not JSON, or nests too deep.") from None


def _place(error: msgspec.ValidationError) -> str:
    # "Expected `str`, got `int` - at `$.login`": only the place goes out.
    text = str(error)
    _, _, place = text.rpartition(" - at `")
    return place.rstrip("`") if place and place != text else "$"


def error_answer(error: Exception, request_id: str) -> Json:
    """The answer to any exception; the unexpected ones tell nothing but the request id."""
    if isinstance(error, RequestValidationError):
        # pydantic's own list quotes the input; only the places go out.
        places = [".".join(str(part) for part in problem["loc"]) for problem in error.errors()]
        error = InvalidInputError("A parameter of the request is wrong.", at=places)
    if isinstance(error, HTTPException):
        kind = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http")
        text = {404: "There is nothing at this address.", 405: "This address does not take this method."}
        message = text.get(error.status_code, "The request was refused.")
        found = ErrorBody(error_id=kind, message=message, details={}, request_id=request_id)
        return Json(found, error.status_code, error.headers)
    if isinstance(error, CallfloorError) and error.status < 500:
        found = ErrorBody(error_id=error.error_id, message=str(error), details=error.details, request_id=request_id)
        headers = {}
        if "retry_after_s" in error.details:
            headers["Retry-After"] = str(error.details["retry_after_s"])
        if isinstance(error, RangeError):
            headers["Content-Range"] = f"bytes */{error.details['size']}"
        return Json(found, error.status, headers)
    if isinstance(error, AmiError | SoundError) and error.status in {502, 503}:
        # The PBX's own words, or what became of the link or of its files: whoever asked for it needs them.
        logger.warning("The PBX did not do it", extra={"request_id": request_id, "error_id": error.error_id})
        found = ErrorBody(error_id=error.error_id, message=str(error), details=error.details, request_id=request_id)
        return Json(found, error.status)
    if isinstance(error, CallfloorError) and error.status == 503:
        logger.warning("A request failed on the store", extra={"request_id": request_id, "error_id": error.error_id})
        message = "The store cannot be reached just now; try again."
        found = ErrorBody(error_id=error.error_id, message=message, details={}, request_id=request_id)
        return Json(found, 503, {"Retry-After": "2"})
    logger.error("A request failed", extra={"request_id": request_id}, exc_info=error)
    message = "Something went wrong inside Callfloor; its log has the details under this request id."
    return Json(ErrorBody(error_id="internal", message=message, details={}, request_id=request_id), 500)


async def on_error(request: Request, error: Exception) -> Json:
    """FastAPI's one exception handler."""
    return error_answer(error, request.state.request_id)


_MEANING = {
    401: "Not signed in, or wrong credentials.",
    403: "The role does not allow it, or the CSRF token or the origin is wrong.",
    404: "There is no such thing, or it is another project's.",
    409: "It goes against what is there.",
    413: "The body is too large.",
    415: "The file is there, and its sound cannot be played; the message says why.",
    416: "The range lies outside the file.",
    422: "The request cannot be understood.",
    429: "Too many attempts: wait as Retry-After says.",
    502: "The PBX refused; the message has its words.",
    503: "The store cannot be reached, or the PBX does not answer.",
}


def documented(answer: Any, *errors: int, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route: the struct it answers with (None: no body), and its errors, 503 always."""
    found: dict[int | str, dict[str, Any]] = {}
    if answer is None:
        found[status] = {"description": "Done."}
    else:
        content = {"application/json": {"schema": {"$ref": REF.format(name=answer.__name__)}}}
        found[status] = {"description": (answer.__doc__ or "").strip().splitlines()[0], "content": content}
    for code in (*errors, 503):
        content = {"application/json": {"schema": {"$ref": REF.format(name="ErrorBody")}}}
        found[code] = {"description": _MEANING[code], "content": content}
    return found


def documented_file(*errors: int, kinds: Iterable[str] = ("*/*",)) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that answers with a file by ranges, of one of these kinds."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    found = documented(None, *errors)
    found[200] = {"description": "The whole of it.", "content": content}
    found[206] = {"description": "The range that was asked for.", "content": content}
    found[304] = {"description": "The browser has it already."}
    return found


def documented_body(name: str) -> dict[str, Any]:
    """The ``openapi_extra`` of a route that takes the shape of this name."""
    content = {"application/json": {"schema": {"$ref": REF.format(name=name)}}}
    return {"requestBody": {"required": True, "content": content}}
