"""The first start: nobody administers Callfloor yet, and whoever has the printed code does from now on."""

import asyncio
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable

from callfloor.errors import SetUpAlreadyError, SetUpCodeError
from callfloor.store.projects import Project
from callfloor.store.store import FirstStart, Store
from callfloor.web.setup import NewAdministrator, NewProject

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that are mistaken for one another
_GROUPS, _GROUP = 3, 4  # 60 bits, and five guesses before one has to wait


def new_code() -> str:
    """A set-up code, as it is shown: ``7KQF-WZ3M-9HTA``."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))


class SettingUp:
    """Fits the web's ``SetUp``. The code lives as long as the process: a restart shows another."""

    def __init__(self, store: Store, opened: Callable[[Project], Awaitable[object]], *, needed: bool) -> None:
        """``opened`` is awaited with the project that was made."""
        self._store = store
        self._opened = opened
        self.code = new_code()
        self._needed = needed
        self._turn = asyncio.Lock()

    @property
    def needed(self) -> bool:
        """Whether Callfloor waits for its administrator."""
        return self._needed

    def prove(self, code: str) -> None:
        """Whether it is the code; dashes, spaces and case do not count."""
        given = "".join(sign for sign in code.upper() if sign.isalnum())
        if not hmac.compare_digest(given.encode(), self.code.replace("-", "").encode()):
            raise SetUpCodeError

    async def claim(self, project: NewProject, administrator: NewAdministrator, password_hash: str) -> None:
        """Make both, and let the project run."""
        async with self._turn:
            if not self._needed:
                raise SetUpAlreadyError
            made = await self._store.change(self._make, project, administrator, password_hash)
            self._needed = False
            if made.administrator is None:
                raise SetUpAlreadyError
        await self._opened(made.project)

    def _make(self, project: NewProject, administrator: NewAdministrator, password_hash: str) -> FirstStart:
        found = self._store.first_start(
            project_name=project.name,
            timezone=project.timezone,
            country=project.country,
            language=project.language,
            login=administrator.login,
            user_name=administrator.name or administrator.login,
            password_hash=lambda: password_hash,
            now=time.time(),
        )
        if found.administrator is not None and not found.project_made:  # by ``callfloor project add``, before
            self._store.projects.change(
                found.project.id,
                name=project.name,
                timezone=project.timezone,
                country=project.country,
                language=project.language,
            )
        return found
