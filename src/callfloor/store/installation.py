"""Settings of the whole installation: by name, each a JSON value that its reader gives a shape."""

from typing import TypeVar

import msgspec
from sqlalchemy import insert, select, update

from callfloor.store.access_tables import installation_settings
from callfloor.store.instants import to_ms
from callfloor.store.scope import Scope

T = TypeVar("T")


class Installation:
    """Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def load(self, name: str, kind: type[T], default: T) -> T:
        """A setting; the default where nobody set it, or where a newer Callfloor gave it another shape."""
        with self._scope.reading() as connection:
            wanted = select(installation_settings.c.value).where(installation_settings.c.name == name)
            value = connection.execute(wanted).scalar()
        if value is None:
            return default
        try:
            return msgspec.json.decode(value, type=kind)
        except msgspec.ValidationError:
            return default

    def save(self, name: str, value: object, *, now: float) -> None:
        """Set it."""
        row = {"value": msgspec.json.encode(value).decode(), "changed_at": to_ms(now)}
        with self._scope.writing() as connection:
            this = installation_settings.c.name == name
            if connection.execute(update(installation_settings).where(this).values(**row)).rowcount == 0:
                connection.execute(insert(installation_settings), {"name": name, **row})
