"""A project's PBX connections: kept in the store with their secrets sealed, and watched. Fits the web's port.

Changes of one project follow one another; what the store has is what runs.
"""

import asyncio
import time
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET

from callfloor.asterisk.ami_url import AmiUrl, Secret, bare_url, parse_url, tls_context, with_secret
from callfloor.asterisk.link import PbxLink
from callfloor.config import Config
from callfloor.errors import (
    ConfigurationError,
    ConnectionGivenError,
    InvalidInputError,
    SecretNeededError,
    SecretUnreadableError,
)
from callfloor.floor.changes import LinkState
from callfloor.project.audio_port import AudioPort
from callfloor.project.examining import examine
from callfloor.project.pbx_database import (
    bare_database,
    given_database,
    opened_database,
    password_of,
    told_database,
    with_password,
)
from callfloor.project.pbx_links import id_of, key_of
from callfloor.project.record_places import is_known
from callfloor.project.running import RunningProject
from callfloor.sealing import Sealer
from callfloor.store.links import ARCHIVED, LinkValues, Origin, StoredLink
from callfloor.store.store import Store
from callfloor.web.connections import ConnectionChange, ConnectionTest, Examination, PbxConnection, State


class Connections:
    """One running project's."""

    def __init__(
        self,
        store: Store,
        running: RunningProject,
        sealer: Sealer,
        config: Config,
        *,
        audio: AudioPort | None = None,
        given: str | None = None,
    ) -> None:
        """``given`` is the address that the environment gives the project's first connection."""
        self._store = store
        self._running = running
        self._links = running.store.links
        self._sealer = sealer
        self._config = config
        self._audio = audio
        self._given = given
        self._turn = asyncio.Lock()

    # --- at the start -----------------------------------------------------------------------------------------

    async def open(self, *, simulator: str | None = None) -> None:
        """Watch all that are not paused. A simulator's address, and the one that is given, are kept among them.

        Raises:
            ConfigurationError: the given address cannot be understood.
            StoreError: the store cannot be read or written.
        """
        async with self._turn:
            if simulator is not None:
                await self._keep_given(parse_url(simulator), "simulator", "Simulated PBX")
            if self._given is not None:
                url = parse_url(self._given)
                await self._keep_given(url, "environment", url.host)
            kept = await self._store.run(self._links.all)
            for stored in sorted(kept, key=lambda each: each.origin != "simulator"):  # it tells its past first
                link = await self._sealed(stored)
                if link.paused_at is None and (link.origin != "simulator" or simulator is not None):
                    self._watch(link)

    async def _keep_given(self, url: AmiUrl, origin: Origin, name: str) -> None:
        """The row of what the environment gives: the one of this address, else the newest that it ever gave."""
        have = await self._store.run(self._links.all)
        theirs = [link for link in have if link.origin == origin]
        same = [link for link in theirs if urlsplit(link.url).hostname == url.host or origin == "simulator"]
        taken = {link.name for link in have if link.origin != origin}
        database, database_secret = None, None
        if origin == "environment" and self._config.pbx_database_url is not None:
            database, password = given_database(self._config.pbx_database_url)
            database_secret = self._sealer.seal(password)
        values = LinkValues(
            name=name if name not in taken else f"{name} ({origin})",
            url=bare_url(url),
            secret=self._sealer.seal(url.secret.reveal()),
            origin=origin,
            database=database,
            database_secret=database_secret,
        )
        kept = same[:1] or theirs[-1:]
        for old in [link for link in theirs if link not in kept and link.paused_at is None]:
            await self._store.change(self._links.pause, old.id, time.time())
        if not kept:
            await self._store.change(self._links.add, values, now=time.time())
            return
        before = kept[0]
        values = msgspec.structs.replace(
            values,
            name=before.name if same else values.name,
            mark=before.mark,
            database=database or before.database,
            database_secret=database_secret or before.database_secret,
        )
        await self._store.change(self._links.change, before.id, values)

    async def _sealed(self, link: StoredLink) -> StoredLink:
        """A row older than the sealing has its secret in the address."""
        if link.secret is not None or urlsplit(link.url).password is None:
            return link
        url = parse_url(link.url)
        sealed = self._sealer.seal(url.secret.reveal())
        return await self._keep(link, link.name, url, sealed)

    # --- the port ---------------------------------------------------------------------------------------------

    async def all(self) -> tuple[PbxConnection, ...]:
        """All of them, with how they are now."""
        return tuple(self._told(link) for link in await self._store.run(self._links.all) if self._counts(link))

    async def get(self, link_id: int) -> PbxConnection:
        """One of them."""
        return self._told(await self._store.run(self._links.get, link_id))

    async def add(self, asked: ConnectionChange) -> PbxConnection:
        """A new one, watched at once."""
        if asked.secret is UNSET:
            raise SecretNeededError("Enter the manager user's secret.")
        url = _url(asked, asked.secret)
        database, database_secret = self._database(None, asked)
        values = LinkValues(
            name=asked.name.strip(),
            url=bare_url(url),
            secret=self._sealer.seal(asked.secret),
            mark=asked.mark,
            database=database,
            database_secret=database_secret,
        )
        async with self._turn:
            made = await self._store.change(self._links.add, values, now=time.time())
            self._watch(made)
        return self._told(made)

    async def change(self, link_id: int, asked: ConnectionChange) -> PbxConnection:
        """It is this one from now on. At another address live calls go on where that is the same PBX."""
        async with self._turn:
            before = await self._store.run(self._links.get, link_id)
            self._ours(before, asked)
            url = _url(asked, self._secret(before, asked))
            sealed = before.secret if asked.secret is UNSET else self._sealer.seal(asked.secret)
            kept = self._database(before, asked)
            after = await self._keep(before, asked.name.strip(), url, sealed, mark=asked.mark, database=kept)
            same = {"name": after.name, "database": after.database, "database_secret": after.database_secret}
            if msgspec.structs.replace(before, **same) == after:
                self._running.pbx.rename(link_id, after.name)
                self._tell_database(after)
            elif after.paused_at is None and self._running.pbx.find(key_of(link_id)) is not None:
                self._tell_database(after)
                await self._running.pbx.move(link_id, after.name, url)
            elif after.paused_at is None:
                self._watch(after)
        return self._told(after)

    async def pause(self, link_id: int, *, paused: bool) -> PbxConnection:
        """Watch it no more, or again."""
        async with self._turn:
            before = await self._store.run(self._links.get, link_id)
            after = before
            if paused is (before.paused_at is None):
                now = time.time()
                after = await self._store.change(self._links.pause, link_id, now if paused else None)
                if paused:
                    await self._running.pbx.close(link_id)
                    await self._store.change(self._links.down, link_id, at=now, reason="paused")
                else:
                    self._watch(after)
        return self._told(after)

    async def rest(self) -> None:
        """The project rests: no PBX is watched any more, and what goes on ends where it was seen last."""
        async with self._turn:
            for pbx in list(self._running.pbx):
                link_id = id_of(pbx.id)
                await self._running.pbx.close(link_id)
                await self._store.change(self._links.down, link_id, at=time.time(), reason=ARCHIVED)

    async def remove(self, link_id: int) -> None:
        """Forget it; its calls stay."""
        async with self._turn:
            self._ours(await self._store.run(self._links.get, link_id))
            await self._running.pbx.close(link_id)
            await self._store.change(self._links.remove, link_id)
            self._running.discovering.databases.pop(link_id, None)

    async def test(self, asked: ConnectionTest) -> Examination:
        """Try a connection without keeping it."""
        before = None if asked.id is None else await self._store.run(self._links.get, asked.id)
        if before is None and asked.secret is UNSET:
            raise SecretNeededError("Enter the manager user's secret.")
        secret = self._secret(before, asked) if before is not None else str(asked.secret)
        url = _url(asked, secret)
        kept, sealed = self._database(before, asked)
        database = None if kept is None or sealed is None else with_password(kept, self._sealer.open(sealed))
        return await examine(url, self._config, tables=database, country=self._running.project.country)

    async def examine(self, link_id: int) -> Examination:
        """Look at a connection that is kept."""
        stored = await self._store.run(self._links.get, link_id)
        pbx = self._running.pbx.find(key_of(link_id))
        return await examine(
            self._opened(stored),
            self._config,
            pbx=pbx,
            port=self._audio,
            tables=opened_database(stored, self._sealer),
            country=self._running.project.country,
            repaired=await self._store.run(is_known, self._running.store, stored, self._config.pbx_logs),
        )

    # --- within -----------------------------------------------------------------------------------------------

    def _watch(self, link: StoredLink) -> None:
        try:
            url = self._opened(link)
        except (SecretUnreadableError, ConfigurationError):
            return  # ``_told`` says so
        self._tell_database(link)
        self._running.pbx.open(link.id, link.name, url, link.mark or "")

    def _tell_database(self, link: StoredLink) -> None:
        """Whoever looks at the PBX reads its database as it is given now."""
        database = opened_database(link, self._sealer)
        if database is None:
            self._running.discovering.databases.pop(link.id, None)
        else:
            self._running.discovering.databases[link.id] = database

    def _database(self, before: StoredLink | None, asked: ConnectionChange) -> tuple[str | None, str | None]:
        """The PBX's database as it is to be kept: its address, and its password sealed."""
        if asked.database is UNSET:
            return (None, None) if before is None else (before.database, before.database_secret)
        if asked.database is None:
            return None, None
        return bare_database(asked.database), self._sealer.seal(password_of(asked.database, before, self._sealer))

    def _opened(self, link: StoredLink) -> AmiUrl:
        if link.secret is None:
            raise SecretUnreadableError
        return with_secret(link.url, self._sealer.open(link.secret))

    def _secret(self, before: StoredLink, asked: ConnectionChange) -> str:
        """The new secret, or the kept one, which goes nowhere that it did not go before."""
        if asked.secret is not UNSET:
            return asked.secret
        kept = self._opened(before)
        same = (kept.host, kept.port, kept.user) == (asked.host, asked.port, asked.user)
        weaker = (kept.tls and not asked.tls) or (kept.tls and kept.verify and not asked.verify)
        plainer = kept.login == "challenge" and asked.login != "challenge"
        if not same or weaker or plainer or (kept.tls and kept.ca != asked.ca):
            raise SecretNeededError
        return kept.secret.reveal()

    async def _keep(
        self,
        before: StoredLink,
        name: str,
        url: AmiUrl,
        sealed: str | None,
        *,
        mark: str | None = None,
        database: tuple[str | None, str | None] | None = None,
    ) -> StoredLink:
        kept, kept_secret = (before.database, before.database_secret) if database is None else database
        values = LinkValues(
            name=name,
            url=bare_url(url),
            secret=sealed,
            mark=mark if mark is not None else before.mark,
            origin=before.origin,
            database=kept,
            database_secret=kept_secret,
        )
        return await self._store.change(self._links.change, before.id, values)

    def _is_given(self, link: StoredLink) -> bool:
        return link.origin == "simulator" or (link.origin == "environment" and self._given is not None)

    def _ours(self, link: StoredLink, asked: ConnectionChange | None = None) -> None:
        """What the environment gives is changed there: the address; and the database, where it gives that, too."""
        if not self._is_given(link):
            return
        if link.origin == "simulator" or asked is None or asked.secret is not UNSET:
            raise ConnectionGivenError
        if _address(asked) != _address(_parts(link)):
            raise ConnectionGivenError
        if self._gives_database(link) and asked.database is not UNSET:
            raise ConnectionGivenError

    def _gives_database(self, link: StoredLink) -> bool:
        given = link.origin == "environment" and self._given is not None
        return given and self._config.pbx_database_url is not None

    def _counts(self, link: StoredLink) -> bool:
        """A simulator that does not run now is not told of."""
        return link.origin != "simulator" or self._running.pbx.find(key_of(link.id)) is not None

    def _told(self, link: StoredLink) -> PbxConnection:
        parts = _parts(link)
        pbx = self._running.pbx.find(key_of(link.id))
        state, since, detail = self._state(link, pbx)
        version = None if pbx is None else pbx.connection.asterisk_version
        return PbxConnection(
            id=link.id,
            name=link.name,
            host=parts.host,
            port=parts.port,
            user=parts.user,
            has_secret=link.secret is not None,
            tls=parts.tls,
            verify=parts.verify,
            ca=parts.ca,
            login=parts.login,
            mark=link.mark,
            database=told_database(link),
            database_given=self._gives_database(link),
            origin="page" if link.origin == "environment" and self._given is None else link.origin,
            state=state,
            since=since,
            detail=detail,
            version=None if version is None else ".".join(str(part) for part in version),
            accounts=0 if pbx is None else len(pbx.parties.accounts),
        )

    def _state(self, link: StoredLink, pbx: PbxLink | None) -> tuple[State, float | None, str | None]:
        if link.paused_at is not None:
            return "paused", link.paused_at, None
        live = next((each for each in self._running.links() if each.id == key_of(link.id)), None)
        if pbx is None or live is None:
            return "unreadable", None, str(SecretUnreadableError())
        words: dict[LinkState, State] = {
            LinkState.LIVE: "live",
            LinkState.STALE: "stale",
            LinkState.CONNECTING: "connecting",
        }
        return words[live.state], live.since, live.detail


def _address(of: ConnectionChange | AmiUrl) -> tuple[object, ...]:
    verify = of.verify or not of.tls
    return of.host.strip("[]"), of.port, of.user.strip(), of.tls, verify, of.ca if of.tls and verify else None, of.login


def _parts(link: StoredLink) -> AmiUrl:
    return parse_url(link.url) if urlsplit(link.url).password else with_secret(link.url, "-")


def _url(asked: ConnectionChange, secret: str) -> AmiUrl:
    """What was asked, as an address that can be used.

    Raises:
        InvalidInputError: the file of certificates cannot be read.
    """
    url = AmiUrl(
        host=asked.host.strip("[]"),
        port=asked.port,
        user=asked.user.strip(),
        secret=Secret(secret),
        tls=asked.tls,
        verify=asked.verify or not asked.tls,
        ca=asked.ca if asked.tls and asked.verify else None,
        login=asked.login,
    )
    try:
        tls_context(url)
        parse_again = with_secret(bare_url(url), secret)
    except ConfigurationError as error:
        raise InvalidInputError(str(error), field="host") from None
    return parse_again
