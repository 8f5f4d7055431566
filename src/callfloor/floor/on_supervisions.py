"""Facts about sessions of supervision of our own. They are shown beside the calls, and are no part of any."""

from callfloor.floor import facts
from callfloor.floor.books import Appliers, Books
from callfloor.floor.changes import SupervisionChanged
from callfloor.floor.supervisions import Phase


def supervision_told(books: Books, fact: facts.SupervisionTold) -> None:
    key, after = fact.supervision.id, fact.supervision
    before = books.supervisions.get(key)
    if after.phase is Phase.ENDED:
        if before is not None:
            del books.supervisions[key]
            books.out.append(SupervisionChanged(key, before, None))
    elif before != after:
        books.supervisions[key] = after
        books.out.append(SupervisionChanged(key, before, after))


APPLIERS: Appliers = {facts.SupervisionTold: supervision_told}
