"""Everything of a project that is no more, taken out in small transactions: others of the installation work meanwhile.

What refers to other rows goes before them, so that no deletion drags another table's rows along. Whoever is killed in
the middle goes on: what is left is found again.
"""

from typing import Final

from sqlalchemy import Table, delete, func, select, tuple_

from callfloor.store.columns import metadata
from callfloor.store.scope import Scope
from callfloor.store.tables import OWNED

AT_ONCE: Final = 1000
"""Rows in a transaction: some 10 ms, whatever the table."""


class Removal:
    """One project's rows. Blocking: call it through ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def rows(self) -> int:
        """How many rows the project has."""
        with self._scope.reading() as connection:
            return sum(
                connection.execute(
                    select(func.count()).select_from(table).where(self._scope.within(table))
                ).scalar_one()
                for table in _ORDER
            )

    def step(self, most: int = AT_ONCE) -> int:
        """Take up to so many rows out; how many went. 0: there are none left.

        Raises:
            StoreError: the database refused.
        """
        for table in _ORDER:
            with self._scope.writing() as connection:
                keys = list(table.primary_key.columns)
                some = select(*keys).where(self._scope.within(table))
                if table not in _NESTED:
                    some = some.limit(most)
                these = keys[0].in_(some) if len(keys) == 1 else tuple_(*keys).in_(some)
                gone = connection.execute(delete(table).where(self._scope.within(table), these)).rowcount
            if gone:
                return gone
        return 0


def _last_first() -> tuple[Table, ...]:
    return tuple(table for table in reversed(metadata.sorted_tables) if table in OWNED)


_ORDER: Final = _last_first()
_NESTED: Final = frozenset(
    table for table in _ORDER if any(each.referred_table is table for each in table.foreign_key_constraints)
)
"""Their rows refer to one another: they are few, and go at once."""
