"""A real OpenID Connect provider in a process of its own, with what it lacks: it holds clients to PKCE, and can lie.

``oidc-provider-mock`` is the provider. What stands around it remembers each code's challenge and refuses a token where
the verifier is not its own; and at a test's word it spoils what it says (``PUT /lies``).
"""

import base64
import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Strict:
    """Around the provider: PKCE, and lies."""

    def __init__(self, app: Wsgi) -> None:
        self._app = app
        self._challenges: dict[str, str] = {}
        self._lies: dict[str, Any] = {}

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if path == "/lies":
            self._lies = json.loads(body)
            start("204 No Content", [])
            return []
        environ["wsgi.input"] = _Again(body)
        told: list[Any] = []

        def remember(status: str, headers: list[tuple[str, str]], *rest: Any) -> None:
            told[:] = [status, headers, *rest]

        if path == "/oauth2/token":
            asked = {key: values[0] for key, values in parse_qs(body.decode()).items()}
            verifier = asked.get("code_verifier", "")
            made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
            if self._challenges.pop(asked.get("code", ""), None) != made:
                start("400 Bad Request", [("Content-Type", "application/json")])
                return [b'{"error": "invalid_grant"}']
        content = b"".join(self._app(environ, remember))
        status, headers = told[0], told[1]
        if path == "/oauth2/authorize" and method == "POST":
            query = parse_qs(environ["QUERY_STRING"])
            location = dict(headers).get("Location", "")
            code = parse_qs(urlsplit(location).query).get("code", [""])[0]
            if query.get("code_challenge_method") == ["S256"]:
                self._challenges[code] = query["code_challenge"][0]
        content = self._spoiled(path, content)
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        start(status, headers)
        return [content]

    def _spoiled(self, path: str, content: bytes) -> bytes:
        if path == "/.well-known/openid-configuration" and "configuration" in self._lies:
            return json.dumps({**json.loads(content), **self._lies["configuration"]}).encode()
        if path == "/oauth2/token" and "token" in self._lies:
            found = json.loads(content)
            head, claims, signature = found["id_token"].split(".")
            claims = _packed({**_unpacked(claims), **self._lies["token"].get("claims", {})})
            head = _packed({**_unpacked(head), **self._lies["token"].get("head", {})})
            signature = self._lies["token"].get("signature", signature)
            return json.dumps({**found, "id_token": f"{head}.{claims}.{signature}"}).encode()
        return content


class _Again:
    """A body that was read once already."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, size: int = -1) -> bytes:
        found = self._content if size < 0 else self._content[:size]
        self._content = self._content[len(found) :]
        return found

    def readline(self, size: int = -1) -> bytes:
        del size
        return self.read()


def _unpacked(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _packed(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


class Provider:
    """The provider that runs, for tests: users, lies, and what a person does at its page."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def user(self, subject: str, **claims: Any) -> None:
        """Somebody who has an account there."""
        httpx.put(f"{self.issuer}/users/{subject}", json=claims, trust_env=False).raise_for_status()

    def lies(self, **lies: Any) -> None:
        """What it says wrong from now on."""
        httpx.put(f"{self.issuer}/lies", json=lies, trust_env=False).raise_for_status()

    def sign_in(self, address: str, subject: str, action: str = "authorize") -> str:
        """A person signs in at the page of this address; where the browser is sent back to."""
        answer = httpx.post(address, data={"sub": subject, "action": action}, trust_env=False)
        assert answer.status_code in {302, 303}, answer.text
        return str(answer.headers["location"])


@contextlib.contextmanager
def provider() -> Iterator[Provider]:
    """A provider for as long as the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "support.oidc_provider"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        text=True,
    )
    try:
        assert process.stdout is not None
        yield Provider(f"http://localhost:{int(process.stdout.readline())}")
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout is not None:
            process.stdout.close()


def main() -> None:
    """Serve until killed; the port is the first line."""
    import oidc_provider_mock  # noqa: PLC0415 - it warns of what it is made of, which is no test's business
    from werkzeug.serving import make_server  # noqa: PLC0415

    server = make_server("localhost", 0, Strict(oidc_provider_mock.app()), threaded=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
