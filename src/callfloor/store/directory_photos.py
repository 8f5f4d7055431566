"""Photos of employees, as they were encoded for us. Blocking: call it through ``Store.run`` and ``Store.change``."""

import hashlib

from sqlalchemy import delete, insert, select

from callfloor.errors import NotFoundError
from callfloor.store.directory_rows import row_of
from callfloor.store.directory_tables import employee_photos
from callfloor.store.scope import Scope
from callfloor.store.tables import employees


class Photos:
    """One project's photos."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def get(self, employee_id: int) -> tuple[bytes, str]:
        """A photo and its digest.

        Raises:
            NotFoundError: there is none.
        """
        wanted = select(employee_photos).where(
            self._scope.within(employee_photos), employee_photos.c.employee_id == employee_id
        )
        with self._scope.reading() as connection:
            row = connection.execute(wanted).one_or_none()
            if row is None:
                raise NotFoundError("There is no photo.")
            return bytes(row.image), row.digest

    def require_owner(self, employee_id: int) -> None:
        """See that there is such an employee, before a photo of theirs is made.

        Raises:
            NotFoundError: there is none.
        """
        with self._scope.reading() as connection:
            row_of(connection, self._scope, employees, employee_id)

    def put(self, employee_id: int, image: bytes | None) -> tuple[str | None, str | None]:
        """This photo from now on (None: no photo); the digests of the one before and of this one.

        Raises:
            NotFoundError: there is no such employee.
        """
        scope = self._scope
        this = scope.within(employee_photos), employee_photos.c.employee_id == employee_id
        with scope.editing() as connection:
            row_of(connection, scope, employees, employee_id)
            before = connection.execute(select(employee_photos.c.digest).where(*this)).scalar()
            connection.execute(delete(employee_photos).where(*this))
            if image is None:
                return before, None
            digest = hashlib.sha256(image).hexdigest()[:16]
            row = {"project_id": scope.project_id, "employee_id": employee_id, "image": image, "digest": digest}
            connection.execute(insert(employee_photos), row)
            return before, digest
