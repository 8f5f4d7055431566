"""What is made of a store before anything runs: the projects' keeper, and the app with all its routes."""

import asyncio
import time

import msgspec
from fastapi import FastAPI

from callfloor import __version__
from callfloor.asterisk.numbers import look_ahead
from callfloor.config import Config
from callfloor.errors import CallfloorError
from callfloor.media import photo
from callfloor.media.shelf import Shelf
from callfloor.project import recordings, reporting
from callfloor.project.first_start import SettingUp
from callfloor.project.installation import Installation
from callfloor.reports.log_files import LogFiles
from callfloor.store.store import Store
from callfloor.web.access_ports import GivenIssuer
from callfloor.web.app import create_app
from callfloor.web.ports import Deps, WebSettings


class Made(msgspec.Struct, frozen=True):
    """It does nothing yet."""

    store: Store
    installation: Installation
    heard: recordings.Recordings | None
    setting_up: SettingUp
    app: FastAPI


def make(store: Store, config: Config, *, set_up: bool) -> Made:
    """Of an open store; ``set_up``: nobody administers it yet.

    Raises:
        ConfigurationError: a setting cannot be understood.
    """
    installation = Installation(store, config)
    shelf = Shelf(config.data / "sound", config.sound_cache_bytes)
    heard = recordings.from_setting(config.recordings, shelf, simulated=config.simulated)
    setting_up = SettingUp(store, installation.open, needed=set_up)
    return Made(store, installation, heard, setting_up, _app(installation, heard, setting_up))


async def make_early(config: Config) -> Made | None:
    """Of a store on which another process is at work; None where something must be done to it first.

    What the first questions of a start take is spent here, too: they are asked once in vain.
    """
    try:
        store = await asyncio.to_thread(Store.open_as_it_is, config.database_url)
        if store is None:
            return None
        try:
            if await store.run(store.is_administered):
                await store.run(store.look_ahead)
                for country in {found.country for found in await store.run(store.projects.all)}:
                    await asyncio.to_thread(look_ahead, country)
                return make(store, config, set_up=False)
        except BaseException:
            store.close()
            raise
        store.close()
    except CallfloorError:
        pass  # told when it is opened in earnest
    return None


def _app(installation: Installation, heard: recordings.Recordings | None, setting_up: SettingUp) -> FastAPI:
    config = installation.config
    return create_app(
        Deps(
            store=installation.store,
            projects=installation.live,
            backlog=installation.backlog,
            troubles=installation.troubles,
            clock=time.time,
            version=__version__,
            recordings=heard,
            set_up=setting_up,
            secrets=installation.sealer,
            letters=installation.account_letters,
            report_columns=reporting.COLUMNS,
            settings=WebSettings(
                metrics_token=config.metrics_token,
                public_url=config.public_url,
                issuer=None
                if config.oidc is None
                else GivenIssuer(
                    issuer=config.oidc[0].rstrip("/"), client_id=config.oidc[1], client_secret=config.oidc[2]
                ),
            ),
            logs=LogFiles(config.data / "logs"),
            make_photo=photo.square,
        )
    )
