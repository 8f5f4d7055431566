"""Who is an employee's account and what is a trunk: given, or inferred from what the PBX lists.

Employees are known by channel name, never by caller id: outbound caller id and Originate overwrite it.
"""

import functools
import re
from collections.abc import Iterable

from callfloor.asterisk.numbers import looks_outside

_EXTENSION = re.compile(r"\d{2,6}")
_TRUNK_CONTEXT = re.compile(
    r"from-(trunk|pstn|did|sip-external|dahdi|zaptel)|trunk|incoming|inbound|provider", re.IGNORECASE
)
_INTERNAL_CONTEXT = re.compile(r"from-internal|internal|phones|users|extensions|local", re.IGNORECASE)


@functools.lru_cache(maxsize=1000)  # a dialplan has some dozens of contexts
def _is_of_trunks(context: str) -> bool:
    return _TRUNK_CONTEXT.match(context) is not None


@functools.lru_cache(maxsize=1000)
def _is_of_phones(context: str) -> bool:
    return _INTERNAL_CONTEXT.match(context) is not None


class Parties:
    """The known accounts and trunks of one PBX.

    What is given wins over what a hint or a registered contact says, and that over the look of a name.
    """

    def __init__(self, accounts: Iterable[str] = (), trunks: Iterable[str] = ()) -> None:
        self._given_accounts = set(accounts)
        self._given_trunks = set(trunks)
        self._accounts: set[str] = set()  # named by a hint, a queue, or a registered contact
        self._static: set[str] = set()  # endpoints whose contact is configured, not registered: usually trunks
        self._phones: set[str] = set()  # endpoints that dialled in where employees do
        self._lines: set[str] = set()  # endpoints by which calls came in from outside
        self._names: dict[str, str] = {}
        self._mobiles: set[str] = set()  # accounts that are outside numbers (FMC)

    def give(self, accounts: Iterable[str]) -> None:
        """Accounts that the directory names, mobile numbers among them."""
        for account in accounts:
            self._given_accounts.add(account)
            if len(account) > 6:
                self._mobiles.add(account)

    def learn_hint(self, devices: str) -> None:
        """``PJSIP/101&Custom:DND101,CustomPresence:101``: the devices of an extension are accounts."""
        for device in devices.partition(",")[0].split("&"):
            technology, slash, name = device.partition("/")
            if slash and technology.upper() not in ("LOCAL", "CUSTOM"):
                self._accounts.add(name)

    def learn_contact(self, endpoint: str, *, registered: bool) -> None:
        """A contact that expires was registered by a phone; one that does not is written in the configuration."""
        if registered:
            self._accounts.add(endpoint)
        else:
            self._static.add(endpoint)

    def learn_caller(self, endpoint: str, context: str) -> None:
        """An endpoint that dialled in, and where its calls enter the dialplan."""
        if _is_of_trunks(context):
            self._lines.add(endpoint)
        elif _is_of_phones(context):
            self._phones.add(endpoint)

    @property
    def learned(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The endpoints that dialled in: lines from outside, and phones."""
        return tuple(sorted(self._lines)), tuple(sorted(self._phones))

    def know(self, lines: Iterable[str], phones: Iterable[str]) -> None:
        """What was ``learned`` elsewhere of the same PBX."""
        self._lines.update(lines)
        self._phones.update(phones)

    def learn_member(self, interface: str, name: str = "") -> str | None:
        """The account of a queue's member: ``PJSIP/101``, ``Local/104@from-queue/n``, ``Local/79161234567#@…``.

        None for a member that is nobody's account: an outside number that the directory does not know.
        """
        technology, _, rest = interface.partition("/")
        local = technology.lower() == "local"
        account = rest.partition("@")[0].partition("/")[0].rstrip("#") if local else rest
        if not account or "@" in account:
            return None
        if looks_outside(account):
            return self.mobile_account(account)
        self._accounts.add(account)
        if name and name != interface:
            self._names.setdefault(account, name)
        return account

    def is_account(self, endpoint: str, context: str = "") -> bool:
        """Is this endpoint an employee's, rather than a trunk?"""
        if endpoint in self._given_accounts:
            return True
        if endpoint in self._given_trunks:
            return False
        if endpoint in self._accounts:
            return True
        if endpoint in self._static or endpoint in self._lines or _is_of_trunks(context):
            return False
        if endpoint in self._phones:
            return True
        return bool(_EXTENSION.fullmatch(endpoint)) or _is_of_phones(context)

    def is_known_account(self, name: str) -> bool:
        """Does the directory or a listing name this account?"""
        return name in self._given_accounts or name in self._accounts

    def has_listed(self, name: str) -> bool:
        """Has this PBX itself told of the account, by a hint, a queue's member or a registered contact?"""
        return name in self._accounts

    def mobile_account(self, number: str | None) -> str | None:
        """The account that is this outside number, where an employee has such a one."""
        if number is None:
            return None
        bare = number.lstrip("+")
        return bare if bare in self._mobiles else f"+{bare}" if f"+{bare}" in self._mobiles else None

    @property
    def accounts(self) -> frozenset[str]:
        return frozenset(self._given_accounts | self._accounts) - frozenset(self._given_trunks)

    @property
    def trunks(self) -> frozenset[str]:
        """Endpoints whose contact is configured and that are nobody's phone: lines to carriers, as a rule."""
        return frozenset(self._given_trunks | (self._static - self._accounts - self._given_accounts))

    @property
    def names(self) -> dict[str, str]:
        """Human names where a queue's members carry them: account → name."""
        return dict(self._names)
