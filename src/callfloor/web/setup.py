"""The first start's words, and what the web needs of whoever carries it out."""

from typing import Annotated, Literal, Protocol

import msgspec

_Plain = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class NewProject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A project as it begins."""

    name: _Plain
    timezone: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]  # IANA
    country: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{2}$")]  # ISO 3166-1: how national numbers are read
    language: Literal["en", "ru", "pl", "uk"]


class NewAdministrator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who will administer it."""

    login: _Plain
    name: Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    password: Annotated[str, msgspec.Meta(max_length=1000)]


class SetUpAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first start: the code proves that whoever asks has started Callfloor."""

    code: Annotated[str, msgspec.Meta(max_length=100)]
    project: NewProject
    administrator: NewAdministrator


class CodeAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A set-up code that is to be looked at."""

    code: Annotated[str, msgspec.Meta(max_length=100)]


class SetUpState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether Callfloor waits for its first administrator."""

    needed: bool


SET_UP_SHAPES = (SetUpState, SetUpAsked, CodeAsked)
SET_UP_ASKED = frozenset({"SetUpAsked", "CodeAsked", "NewProject", "NewAdministrator"})


class SetUp(Protocol):
    """The first start of an installation that has no administrator yet."""

    @property
    def needed(self) -> bool:
        """Whether it waits for one."""
        ...

    def prove(self, code: str) -> None:
        """Whether this is the set-up code.

        Raises:
            SetUpCodeError: it is not.
        """

    async def claim(self, project: NewProject, administrator: NewAdministrator, password_hash: str) -> None:
        """Make both, and let the project run.

        Raises:
            SetUpAlreadyError: somebody was quicker.
            InvalidInputError: a value cannot be.
        """
