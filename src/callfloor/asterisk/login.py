"""Logging in to the manager interface, by challenge where the PBX has it; and which Asterisk it is."""

import hashlib
import logging
import re
from typing import Protocol

from callfloor.asterisk.ami import Headers, Message
from callfloor.asterisk.ami_url import AmiUrl
from callfloor.errors import AmiActionFailedError, AmiDisconnectedError, AmiLoginRefusedError

log = logging.getLogger(__name__)


class _Asks(Protocol):
    async def action(self, name: str, headers: Headers = (), *, timeout: float) -> Message: ...  # noqa: ASYNC109


async def log_in(link: _Asks, url: AmiUrl, event_classes: str, wait_s: float) -> None:
    """Log in as the address says.

    By challenge the secret itself is never sent: ``Key`` is the MD5 of the challenge and the secret
    (``main/manager.c``, ``authenticate``). Plain text is tried only where the PBX refuses to give a challenge, never
    after a refused key.

    Raises:
        AmiLoginRefusedError: the PBX refused; trying again at once would not help.
        AmiTimeoutError, AmiDisconnectedError: as of any action.
    """
    challenge = "" if url.login == "plain" else await _challenge(link, url, wait_s)
    identity: dict[str, str | list[str]] = {"Username": url.user, "Events": event_classes}
    if challenge:
        # MD5 is what AMI has; it is no choice of ours, and TLS is there for who needs more.
        key = hashlib.md5((challenge + url.secret.reveal()).encode(), usedforsecurity=False).hexdigest()
        identity |= {"AuthType": "MD5", "Key": key}
    else:
        identity |= {"Secret": url.secret.reveal()}
    try:
        await link.action("Login", identity, timeout=wait_s)
    except AmiActionFailedError as error:
        said = str(error).removeprefix("the PBX refused Login: ")
        raise AmiLoginRefusedError(f"the PBX refused the manager user or its secret: {said}") from None
    except AmiDisconnectedError:
        # Also what a PBX does that limits addresses (manager.conf: deny, permit): it hangs up without a word.
        raise AmiDisconnectedError("the PBX closed the link during the login") from None


async def _challenge(link: _Asks, url: AmiUrl, wait_s: float) -> str:
    """What the PBX wants mixed into the key; empty where it gives none and the secret may go in plain text.

    Raises:
        AmiLoginRefusedError: it gives none, and the address allows nothing else.
    """
    try:
        challenge = (await link.action("Challenge", {"AuthType": "MD5"}, timeout=wait_s)).get("Challenge")
    except AmiActionFailedError:
        challenge = ""
    if not challenge and url.login == "challenge":
        raise AmiLoginRefusedError("the PBX has no login by challenge, and the address allows no other")
    if not challenge:
        log.info("The PBX has no login by challenge; logging in with the secret in plain text")
    return challenge


def version(told: str, banner: str) -> tuple[int, ...] | None:
    """Asterisk's version, ``(22, 10, 1)``, from CoreSettings' ``AsteriskVersion``, else ``(22,)`` from the banner.

    The banner tells AMI's own version, which has run 11 behind Asterisk's since 16 (5.0); 22 has 11.0.
    """
    if found := re.match(r"(?:certified/)?(\d{1,3}(?:\.\d{1,5}){0,3})", told):
        return tuple(int(part) for part in found[1].split("."))
    found = re.search(r"/(\d{1,3})\.", banner)
    if found is None or int(found[1]) < 5:
        return None
    return (int(found[1]) + 11,)
