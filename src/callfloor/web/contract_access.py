"""The shapes of users, of their own accounts, of second factors and tokens, and of sign-in elsewhere."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from callfloor.store.memberships import Role

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Id = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
Login = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x20\x7f]+$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=_PLAIN)]
Email = Annotated[str, msgspec.Meta(max_length=254, pattern=_PLAIN)]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
OneTimeToken = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Departments = Annotated[tuple[Id, ...], msgspec.Meta(max_length=1000)]
Locale = Literal["en", "ru", "pl", "uk"]
Theme = Literal["light", "dark", "system"]


# --- users of a project -------------------------------------------------------------------------------------------


class ProjectUser(msgspec.Struct, frozen=True, kw_only=True):
    """A user of the project, as its administrators see them."""

    id: int
    login: str
    name: str
    email: str | None
    role: Role
    employee_id: int | None
    department_ids: tuple[int, ...]
    created_at: float
    disabled_at: float | None
    last_seen_at: float | None  # null: in no session of the last month
    password: Literal["own", "given", "none"]  # given: somebody else chose it, and it is to be changed
    second_factor: bool
    second_factor_required: bool
    elsewhere: tuple[str, ...]  # issuers by whom they sign in too
    whole: bool  # you administer every project of theirs: login, password, sessions and the rest are yours to change


class UserList(msgspec.Struct, frozen=True, kw_only=True):
    """The project's users by login; whether letters can be sent; of which roles a second factor is required."""

    users: tuple[ProjectUser, ...]
    mail: bool
    second_factor_roles: tuple[Role, ...]


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A user of other projects that you administer."""

    id: int
    login: str
    name: str


class CandidateList(msgspec.Struct, frozen=True, kw_only=True):
    """Whom you may let in without making a user."""

    candidates: tuple[Candidate, ...]


class NewUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user to be made. Without a password they get one by a link, or sign in elsewhere."""

    login: Login
    name: Name
    email: Email | None = None
    role: Role
    department_ids: Departments = ()
    employee_id: Id | None = None
    password: Password | None = None
    change_password: bool = True  # the first act is to choose another
    locale: Locale | None = None  # null: the project's


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user's place in the project."""

    role: Role
    department_ids: Departments = ()
    employee_id: Id | None = None


class UserChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be another; what is left out stays."""

    login: Login | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    email: Email | UnsetType | None = UNSET
    role: Role | UnsetType = UNSET
    department_ids: Departments | UnsetType = UNSET
    employee_id: Id | UnsetType | None = UNSET


class Disabled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the user may sign in no more."""

    disabled: bool


class GivenPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A password for somebody else."""

    password: Password
    change_password: bool = True


class LinkAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A link by which the user sets a password: by mail, or by hand."""

    by: Literal["mail", "hand"]


class LinkMade(msgspec.Struct, frozen=True, kw_only=True):
    """What was made. ``link`` is told this once, and only where it goes by hand."""

    purpose: Literal["invitation", "reset"]
    expires_at: float
    address: str | None  # whom the letter went to
    link: str | None


class SecondFactorRoles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which roles the project requires a second factor."""

    roles: Annotated[tuple[Role, ...], msgspec.Meta(max_length=4)]


# --- one's own account --------------------------------------------------------------------------------------------


class Look(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Language and theme, wherever one signs in."""

    locale: Locale | None = None
    theme: Theme | None = None


class OtherSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """Another issuer by whom one signs in."""

    issuer: str
    email: str | None
    linked_at: float
    used_at: float


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One's own account."""

    login: str
    name: str
    email: str | None
    has_password: bool
    least_length: int  # of a password
    second_factor: bool
    second_factor_required: bool
    recovery_codes_left: int
    elsewhere: tuple[OtherSignIn, ...]


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One's own password, before and after."""

    current: Password
    new: Password


class Proof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One's own password, for what a borrowed session must not do."""

    password: Password


class CodeGiven(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the authenticator app shows."""

    code: Code


class RecoveryCodes(msgspec.Struct, frozen=True, kw_only=True):
    """Codes for the day the phone is lost; each counts once. They are told this once."""

    codes: tuple[str, ...]


# --- links and forgotten passwords --------------------------------------------------------------------------------


class Forgotten(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who forgot their password: by login, or by mail address."""

    login: Annotated[str, msgspec.Meta(min_length=1, max_length=254)]


class LinkOpened(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token of a link."""

    token: OneTimeToken


class LinkFound(msgspec.Struct, frozen=True, kw_only=True):
    """Whose link it is."""

    purpose: Literal["invitation", "reset"]
    login: str
    name: str
    expires_at: float
    least_length: int


class LinkSpent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token of a link, and the password that is set by it."""

    token: OneTimeToken
    password: Password


class SignInWays(msgspec.Struct, frozen=True, kw_only=True):
    """How one can sign in here."""

    elsewhere: str | None  # the words on the button; null: by password alone
    forgotten: bool  # whether letters with links can be sent


# --- tokens of programs -------------------------------------------------------------------------------------------


class TokenAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to be made."""

    name: Name
    project_id: Id
    scopes: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=50)]
    days: Annotated[int, msgspec.Meta(ge=1, le=3660)] | None = 90  # null: until it is revoked


class TokenEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One of one's tokens."""

    id: int
    name: str
    project_id: int
    scopes: tuple[str, ...]
    created_at: float
    expires_at: float | None
    last_used_at: float | None  # to the minute
    last_address: str | None


class TokenList(msgspec.Struct, frozen=True, kw_only=True):
    """One's tokens, the last made first, and the scopes there are."""

    tokens: tuple[TokenEntry, ...]
    scopes: tuple[str, ...]


class TokenMade(msgspec.Struct, frozen=True, kw_only=True):
    """A new token. ``token`` is told this once."""

    entry: TokenEntry
    token: str


# --- sign-in elsewhere --------------------------------------------------------------------------------------------


class RoleRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who has this value in the claim gets this role in this project."""

    value: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    project_id: Id
    role: Role


class ElsewhereChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sign-in by OpenID Connect as it is to be. A secret that is left out stays; null takes it away."""

    enabled: bool
    issuer: Annotated[str, msgspec.Meta(max_length=500, pattern=_PLAIN)] = ""
    client_id: Annotated[str, msgspec.Meta(max_length=500, pattern=_PLAIN)] = ""
    client_secret: Annotated[str, msgspec.Meta(max_length=1000, pattern=_PLAIN)] | UnsetType | None = UNSET
    label: Annotated[str, msgspec.Meta(max_length=60, pattern=_PLAIN)] = ""
    scopes: Annotated[str, msgspec.Meta(max_length=300, pattern=r"^[\x21-\x7e ]*$")] = "openid profile email"
    link_by_email: bool = True
    unknown: Literal["refuse", "create"] = "refuse"
    claim: Annotated[str, msgspec.Meta(max_length=200, pattern=_PLAIN)] = "groups"
    rules: Annotated[tuple[RoleRule, ...], msgspec.Meta(max_length=200)] = ()


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """Sign-in by OpenID Connect as it is; the secret never leaves."""

    enabled: bool
    issuer: str
    client_id: str
    has_secret: bool
    label: str
    scopes: str
    link_by_email: bool
    unknown: Literal["refuse", "create"]
    claim: str
    rules: tuple[RoleRule, ...]
    from_environment: bool  # issuer, client and secret are given where Callfloor is started, and changed there
    redirect_uri: str  # what the issuer is to be told


class ElsewhereTested(msgspec.Struct, frozen=True, kw_only=True):
    """What the issuer said of itself."""

    ok: bool
    problem: str | None
    authorization_endpoint: str | None
    sign_out: bool


SHAPES = (
    ProjectUser,
    UserList,
    CandidateList,
    NewUser,
    Place,
    UserChange,
    Disabled,
    GivenPassword,
    LinkAsked,
    LinkMade,
    SecondFactorRoles,
    Look,
    Account,
    PasswordChange,
    Proof,
    CodeGiven,
    RecoveryCodes,
    Forgotten,
    LinkOpened,
    LinkFound,
    LinkSpent,
    SignInWays,
    TokenAsked,
    TokenEntry,
    TokenList,
    TokenMade,
    ElsewhereChange,
    Elsewhere,
    ElsewhereTested,
)

ASKED = frozenset(
    kind.__name__
    for kind in (
        NewUser,
        Place,
        UserChange,
        Disabled,
        GivenPassword,
        LinkAsked,
        SecondFactorRoles,
        Look,
        PasswordChange,
        Proof,
        CodeGiven,
        Forgotten,
        LinkOpened,
        LinkSpent,
        TokenAsked,
        RoleRule,
        ElsewhereChange,
    )
)
