"""AMI messages about faxes and voicemail boxes, into facts.

``ReceiveFAX`` and ``SendFAX`` come when the application is over, whether or not a page went through; whether it
succeeded stands only in the variables that ``res_fax`` sets just before (``FAXSTATUS``, ``FAXERROR``,
``FAXSTATUSSTRING``), which come as ``VarSet`` where class ``dialplan`` is read (res/res_fax.c,
``set_channel_variables``, the same from 13 to 22).
"""

from typing import TYPE_CHECKING, Final

from callfloor.asterisk.channels import Channel
from callfloor.asterisk.message import Message
from callfloor.asterisk.numbers import known_number, to_e164
from callfloor.floor import facts
from callfloor.floor.messages import FaxDirection, FaxResult

if TYPE_CHECKING:
    from callfloor.asterisk.translate import Translator

VARIABLES: Final = ("FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING")
FAX_VARIABLE: Final = b"\nVariable: FAX"
LONGEST_WORD: Final = 200  # a machine calls itself by 20 characters; what is longer is not one
MOST_FILES: Final = 20
REMEMBERED: Final = 64  # channels whose fax has not ended yet


class Faxes:
    """What is known of the faxes going on, by channel."""

    def __init__(self, translator: "Translator") -> None:
        self._pbx = translator
        self._said: dict[str, dict[str, str]] = {}

    def variable(self, message: Message) -> None:
        """One of the variables that tell how a fax went."""
        name, uid = message.get("Variable"), message.get("Uniqueid")
        if name in VARIABLES and uid:
            self._said.setdefault(uid, {})[name] = message.get("Value")
            while len(self._said) > REMEMBERED:
                del self._said[next(iter(self._said))]

    def ended(self, at: float, message: Message, channel: Channel | None, direction: FaxDirection) -> None:
        """The application is over."""
        uid = message.get("Uniqueid")
        said = self._said.pop(uid, {})
        pages = _whole(message.get("PagesTransferred"))
        other = "CallerIDNum" if direction is FaxDirection.RECEIVED else "ConnectedLineNum"
        number = known_number(message.get(other))
        files = tuple(part for name in message.getlist("FileName") for part in [name.strip()] if part)
        result = _result(said.get("FAXSTATUS", ""), pages)
        self._pbx.tell(
            facts.FaxEnded(
                at=at,
                link=self._pbx.link,
                uid=uid,
                call=None if channel is None else channel.group.key,
                direction=direction,
                account=None if channel is None else channel.account,
                number=number,
                e164=to_e164(number, self._pbx.country),
                station=_word(message.get("RemoteStationID")),
                local_station=_word(message.get("LocalStationID")),
                pages=pages,
                resolution=_word(message.get("Resolution")),
                rate=_whole(message.get("TransferRate")),
                result=result,
                error=_error(said) if result is FaxResult.FAILED else None,
                files=files[:MOST_FILES],
            )
        )


def _result(status: str, pages: int | None) -> FaxResult | None:
    """``FAXSTATUS`` is SUCCESS or FAILED; without it, a fax of no page has failed, and of any other nothing is said."""
    if status:
        return FaxResult.SUCCESS if status.upper() == "SUCCESS" else FaxResult.FAILED
    return FaxResult.FAILED if pages == 0 else None


def _error(said: dict[str, str]) -> str | None:
    return _word(said.get("FAXSTATUSSTRING", "")) or _word(said.get("FAXERROR", ""))


def _word(value: str) -> str | None:
    value = value.strip()
    return value[:LONGEST_WORD] if value and value.lower() not in {"<unknown>", "(null)"} else None


def _whole(value: str) -> int | None:
    value = value.strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 9 else None


def mailbox(at: float, message: Message, channel: Channel | None, link: str) -> facts.MailboxTouched | None:
    """A box that ``MessageWaiting`` speaks of: ``101@default``. Since 16.24 it also names the caller's channel."""
    box, _, context = message.get("Mailbox").strip().partition("@")
    if not box:
        return None
    return facts.MailboxTouched(
        at=at,
        link=link,
        context=context or "default",
        box=box,
        call=None if channel is None else channel.group.key,
        channel=None if channel is None else message.get("Channel") or None,
    )
