"""The second factor: time-based codes (RFC 6238) and recovery codes.

A code counts in its own 30 seconds, and in those before and after (clocks differ); none is taken twice.
"""

import base64
import hashlib
import hmac
import io
import secrets
import unicodedata

import msgspec
import pyotp
import segno

from callfloor.errors import NotFoundError, WrongCodeError
from callfloor.store.second_factors import SecondFactor
from callfloor.store.store import Store
from callfloor.store.users import User
from callfloor.web.access_ports import Secrets

STEP_S = 30
WINDOW = 1
"""Steps before and after the present one whose codes count too."""

RECOVERY_CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that can be taken for another sign
_CODE_SIGNS = 10  # 49 bits: nobody guesses one of ten in a throttled sign-in

ISSUER = "Callfloor"


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What an authenticator app is shown; the factor counts once a code of it was given."""

    secret: str  # base32, to type
    uri: str  # otpauth://
    svg: str  # the same as a picture


class SecondFactors:
    """Makes, confirms and asks for second factors."""

    def __init__(self, store: Store, secrets_: Secrets) -> None:
        self._store = store
        self._secrets = secrets_

    async def find(self, user_id: int) -> SecondFactor | None:
        """The user's, where it counts."""
        found = await self._store.run(self._store.second_factors.find, user_id)
        return None if found is None or found.confirmed_at is None else found

    async def begin(self, user: User, now: float) -> Begun:
        """A new secret for the user's app.

        Raises:
            ConflictError: they have a second factor already.
        """
        secret = pyotp.random_base32()
        await self._store.change(self._store.second_factors.begin, user.id, self._secrets.seal(secret), now=now)
        uri = pyotp.TOTP(secret).provisioning_uri(name=user.login, issuer_name=ISSUER)
        return Begun(secret=secret, uri=uri, svg=picture(uri))

    async def confirm(self, user_id: int, code: str, now: float) -> tuple[str, ...]:
        """The app shows right codes: from now on they are asked for. Returns the recovery codes, told this once.

        Raises:
            NotFoundError: none was begun.
            WrongCodeError: it does not.
        """
        found = await self._store.run(self._store.second_factors.find, user_id)
        if found is None or found.confirmed_at is not None:
            raise NotFoundError("No second factor was begun.")
        step = step_of(self._secrets.open(found.secret), code, now)
        if step is None:
            raise WrongCodeError
        codes = recovery_codes()
        hashes = [recovery_digest(each) for each in codes]
        await self._store.change(self._store.second_factors.confirm, user_id, step=step, codes=hashes, now=now)
        return codes

    async def take(self, factor: SecondFactor, code: str, now: float) -> str:
        """Use a code up, of the app or for recovery; says which: ``app`` or ``recovery``.

        Raises:
            WrongCodeError: it is wrong, or was used before.
        """
        step = step_of(self._secrets.open(factor.secret), code, now)
        if step is not None:
            if await self._store.change(self._store.second_factors.take_step, factor.user_id, step):
                return "app"
        elif len(_plain(code)) == _CODE_SIGNS:
            spent = self._store.second_factors.take_code
            if await self._store.change(spent, factor.user_id, recovery_digest(code), now=now):
                return "recovery"
        raise WrongCodeError

    async def renew_codes(self, user_id: int) -> tuple[str, ...]:
        """Other recovery codes, told this once; those before count no more."""
        codes = recovery_codes()
        hashes = [recovery_digest(each) for each in codes]
        await self._store.change(self._store.second_factors.renew_codes, user_id, hashes)
        return codes

    async def remove(self, user_id: int) -> bool:
        """No second factor any more; False where there was none."""
        return await self._store.change(self._store.second_factors.remove, user_id)


def step_of(secret: str, code: str, now: float) -> int | None:
    """The step whose code this is, of those that count now; the newest first. None: of no one."""
    given = _plain(code)
    if len(given) != 6 or not given.isascii() or not given.isdigit():
        return None
    totp = pyotp.TOTP(secret, interval=STEP_S)
    present = int(now // STEP_S)
    found = None
    for step in range(present - WINDOW, present + WINDOW + 1):
        if hmac.compare_digest(totp.generate_otp(step), given):
            found = step
    return found


def recovery_codes() -> tuple[str, ...]:
    """New ones, as they are shown: ``abcde-23456``."""
    made = ("".join(secrets.choice(_ALPHABET) for _ in range(_CODE_SIGNS)) for _ in range(RECOVERY_CODES))
    return tuple(f"{code[:5]}-{code[5:]}" for code in made)


def recovery_digest(code: str) -> str:
    """What is kept of a recovery code, however it was typed."""
    return hashlib.sha256(_plain(code).encode()).hexdigest()


def picture(uri: str) -> str:
    """A QR code as SVG, with neither script nor style in it; as a data URI an ``img`` shows it under our policy."""
    out = io.BytesIO()
    segno.make(uri, error="m").save(out, kind="svg", scale=5, border=2, dark="#000", light="#fff", xmldecl=False)
    return "data:image/svg+xml;base64," + base64.b64encode(out.getvalue()).decode()


def _plain(code: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKC", code).casefold() if sign.isalnum())[:40]
