"""Questions that come while one is being answered are asked together: a thousand browsers are a few queries."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Together(Generic[_K, _V]):
    """Answers by key. An answer was never asked for before its question was put."""

    def __init__(self, ask: Callable[[Sequence[_K]], Awaitable[Mapping[_K, _V]]], most: int = 200) -> None:
        """``ask`` answers up to ``most`` questions at once; what it has no answer for is left out of what it gives."""
        self._ask = ask
        self._most = most
        self._waiting: list[tuple[_K, asyncio.Future[_V | None]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def get(self, key: _K) -> _V | None:
        """The answer; None where there is none.

        Raises:
            Exception: whatever ``ask`` raises.
        """
        answer: asyncio.Future[_V | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._answer(), name="asked together")
        return await answer

    async def _answer(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                try:
                    found = await self._ask(list(dict.fromkeys(key for key, _ in asked)))
                except Exception as error:  # noqa: BLE001  # each of those who asked has it
                    for _, answer in asked:
                        if not answer.done():
                            answer.set_exception(error)
                else:
                    for key, answer in asked:
                        if not answer.done():  # who asked is gone
                            answer.set_result(found.get(key))
        finally:
            self._asking = None
