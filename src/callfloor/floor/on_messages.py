"""Facts about voicemail and faxes: they change nothing on the floor, and are told on with the call they came by."""

from callfloor.floor import facts
from callfloor.floor.books import Appliers, Books
from callfloor.floor.changes import FaxFinished, MailboxChanged
from callfloor.floor.messages import FaxRecord
from callfloor.floor.progress import Progress


def mailbox_touched(books: Books, fact: facts.MailboxTouched) -> None:
    call = _call(books, fact.call)
    books.out.append(
        MailboxChanged(
            at=fact.at,
            link=fact.link,
            context=fact.context,
            box=fact.box,
            call_id=None if call is None else call.id,
            channel=fact.channel,
        )
    )


def fax_ended(books: Books, fact: facts.FaxEnded) -> None:
    call = _call(books, fact.call)
    known = call is not None and call.client_number is not None
    books.out.append(
        FaxFinished(
            FaxRecord(
                # A channel may receive one fax after the other, and a Local pair sends and receives the same one.
                key=f"{fact.link}-{fact.uid}/{fact.direction}/{fact.at:.3f}",
                link=fact.link,
                direction=fact.direction,
                at=fact.at,
                call_id=None if call is None else call.id,
                account=fact.account,
                number=call.client_number if call is not None and known else fact.number,
                e164=call.client_e164 if call is not None and known else fact.e164,
                station=fact.station,
                local_station=fact.local_station,
                pages=fact.pages,
                resolution=fact.resolution,
                rate=fact.rate,
                result=fact.result,
                error=fact.error,
                files=fact.files,
            )
        )
    )


def _call(books: Books, key: str | None) -> Progress | None:
    return None if key is None else books.by_key.get(key)


APPLIERS: Appliers = {
    facts.MailboxTouched: mailbox_touched,
    facts.FaxEnded: fax_ended,
}
