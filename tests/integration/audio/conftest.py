"""Every test here runs on uvloop, as the product does."""

import asyncio
from collections.abc import Callable, Mapping

import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """uvloop's loops, in this folder."""
    return {"uvloop": uvloop.new_event_loop}
