"""Everything of signing in and of users, put together: ``app`` includes its routes and closes it at the end."""

from fastapi import APIRouter, Request

from callfloor.web import contract, contract_access
from callfloor.web.account_api import account_routes
from callfloor.web.audit import Audit
from callfloor.web.elsewhere import Elsewhere
from callfloor.web.oidc_api import oidc_routes
from callfloor.web.one_time import OneTime
from callfloor.web.passwords import Passwords
from callfloor.web.ports import Deps
from callfloor.web.second_factor import Begun
from callfloor.web.session_api import session_routes
from callfloor.web.sessions import Sessions
from callfloor.web.sign_in_api import sign_in_routes
from callfloor.web.signed import Signed
from callfloor.web.signed_in import Gate
from callfloor.web.streams import Streams
from callfloor.web.tokens_api import token_routes
from callfloor.web.user_entry_api import user_entry_routes
from callfloor.web.users_api import user_routes

ACCESS_SHAPES = (*contract_access.SHAPES, Begun, contract.SignedOut)
ACCESS_ASKED = contract_access.ASKED


class AccessApp:
    """The routes, and what must be waited for at the end."""

    def __init__(
        self, deps: Deps, gate: Gate, audit: Audit, sessions: Sessions, streams: Streams, passwords: Passwords
    ) -> None:
        self._links = OneTime(deps.store, passwords, audit, deps.letters, deps.settings.public_url)
        elsewhere = Elsewhere(deps, audit)

        async def leave(signed: Signed, request: Request) -> str | None:
            base = deps.settings.public_url or f"{request.url.scheme}://{request.headers.get('host', '')}"
            return await elsewhere.leave(signed.session.issuer, signed.session.id, f"{base.rstrip('/')}/")

        self.routers: tuple[APIRouter, ...] = (
            session_routes(deps, sessions, gate, streams, leave),
            sign_in_routes(deps, self._links, elsewhere),
            oidc_routes(deps, gate, audit, sessions, elsewhere),
            account_routes(deps, gate, audit, sessions, streams, passwords),
            token_routes(deps, gate, audit, streams),
            user_routes(deps, gate, audit, streams, passwords, self._links),
            user_entry_routes(deps, gate, audit, sessions, streams, passwords, self._links),
        )

    async def close(self) -> None:
        """Wait for letters that are on their way."""
        await self._links.close()
