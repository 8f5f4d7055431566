"""/metrics, for Prometheus. Not for everybody: it tells how busy the company is."""

import secrets

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from callfloor.errors import ForbiddenError
from callfloor.web.meters import Meters
from callfloor.web.ports import WebSettings

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


def metrics_routes(meters: Meters, settings: WebSettings) -> APIRouter:
    """The route of the metrics."""
    router = APIRouter(tags=["health"])

    @router.get(
        "/metrics",
        operation_id="getMetrics",
        responses={
            200: {
                "description": "In Prometheus's text format.",
                "content": {"text/plain": {"schema": {"type": "string"}}},
            },
            403: {"description": "Neither from this machine nor with the token."},
        },
        openapi_extra={"security": []},
    )
    async def metrics(request: Request) -> Response:
        """What is measured: links, backlog, calls, viewers, requests, errors, the process itself."""
        require_scraper(request, settings.metrics_token)
        # Here and not in a thread: the floor is read between two facts.
        return Response(generate_latest(meters.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router


def require_scraper(request: Request, token: str | None) -> None:
    """Raise unless the request brings the token, or there is none and it comes from this very machine.

    A proxy on this machine passes on requests from everywhere; it says so in a header, and is refused.

    Raises:
        ForbiddenError: neither is so.
    """
    if token is not None:
        given = request.headers.get("authorization", "")
        if secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return
        raise ForbiddenError("Metrics need the token of CALLFLOOR_METRICS_TOKEN: Authorization: Bearer …")
    here = request.client is not None and request.client.host in {"127.0.0.1", "::1"}
    if not here or any(name in request.headers for name in _FORWARDED):
        raise ForbiddenError("Metrics are for this machine alone; set CALLFLOOR_METRICS_TOKEN to have them elsewhere.")
