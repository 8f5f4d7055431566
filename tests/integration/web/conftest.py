"""Every test here runs on uvloop, as the product does: its transports differ from asyncio's where it matters."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import uvloop

from support.web_site import Site, site


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """uvloop's loops, in this folder."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def ours(tmp_path: Path) -> AsyncIterator[Site]:
    """A site."""
    async with site(tmp_path) as found:
        yield found
