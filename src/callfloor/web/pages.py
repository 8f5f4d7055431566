"""The built page: files from memory, found by their exact address, so that no path can lead elsewhere."""

import hashlib
import mimetypes
from pathlib import Path

import msgspec
from fastapi import APIRouter, Request, Response

from callfloor.errors import NotFoundError

NOT_BUILT = (
    "Callfloor is running, but its page has not been built.\n\n"
    "Build it with `make setup`, or `cd frontend && npm ci && npm run build`, and load this address again.\n"
    "The API is at /api/v1/openapi.json all the same.\n"
)

IMMUTABLE = "public, max-age=31536000, immutable"
"""For files under assets/, whose names hold a hash of their content."""

REVALIDATE = "no-cache"

_PACKED = {"br": ".br", "gzip": ".gz"}
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".txt": "text/plain; charset=utf-8",
}


class _File(msgspec.Struct, frozen=True, kw_only=True):
    content: bytes
    packed: dict[str, bytes]  # by content coding
    kind: str
    etag: str
    cache: str


class Pages:
    """The files of the build, read whole: some 2 MB. A new build is taken up when its index.html changes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, _File] = {}
        self._stamp: tuple[int, int] | None = None

    def find(self, address: str) -> _File | None:
        """The file of an address (without the leading slash). Addresses of pages are index.html.

        A page's address begins with a word without a dot (``calls``); what follows may have one, as a call's id has.

        Raises:
            NotFoundError: there is no such file in the build.
        """
        self._refresh()
        found = self._files.get(address)
        if found is not None:
            return found
        first = address.partition("/")[0]
        if "." in first or first == "assets":
            raise NotFoundError("There is nothing at this address.")
        return self._files.get("index.html")

    def _refresh(self) -> None:
        try:
            found = (self._root / "index.html").stat()
        except OSError:
            self._files, self._stamp = {}, None
            return
        stamp = (found.st_mtime_ns, found.st_size)
        if stamp != self._stamp:
            self._files, self._stamp = _read(self._root), stamp


def page_routes(pages: Pages) -> APIRouter:
    """Every address that is not the API's."""
    router = APIRouter()

    @router.api_route("/{address:path}", methods=["GET", "HEAD"], include_in_schema=False, name="page")
    async def page(request: Request, address: str) -> Response:
        """A file of the built page, or its index.html for a page's address."""
        if address == "api" or address.startswith("api/"):
            raise NotFoundError("There is nothing at this address.")
        found = pages.find(address)
        if found is None:
            return Response(NOT_BUILT, status_code=503, media_type="text/plain")
        headers = {"ETag": found.etag, "Cache-Control": found.cache}
        if found.packed:
            headers["Vary"] = "Accept-Encoding"
        if found.etag in [
            tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")
        ]:
            return Response(status_code=304, headers=headers)
        coding, content = _coding(found, request.headers.get("accept-encoding", ""))
        if coding is not None:
            headers["Content-Encoding"] = coding
        return Response(content, headers={**headers, "Content-Type": found.kind})

    return router


def _coding(file: _File, accepted: str) -> tuple[str | None, bytes]:
    offers = {}
    for offer in accepted.lower().split(","):
        name, _, quality = offer.partition(";")
        offers[name.strip()] = quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    for coding, content in file.packed.items():
        if offers.get(coding, False):
            return coding, content
    return None, file.content


def _read(root: Path) -> dict[str, _File]:
    files = {}
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.suffix in _PACKED.values():
            continue
        address = path.relative_to(root).as_posix()
        content = path.read_bytes()
        packed = {
            coding: path.with_name(path.name + suffix).read_bytes()
            for coding, suffix in _PACKED.items()
            if path.with_name(path.name + suffix).is_file()
        }
        files[address] = _File(
            content=content,
            packed=packed,
            kind=_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream",
            etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
            cache=IMMUTABLE if address.startswith("assets/") else REVALIDATE,
        )
    return files
