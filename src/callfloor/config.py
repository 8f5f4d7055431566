"""Settings from the environment, read once at the start. Only ``service`` and ``cli`` import this."""

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from callfloor.errors import ConfigurationError

SIMULATOR_URL = "simulator:"
LANGUAGES = ("en", "ru", "pl", "uk")


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the environment decides; the rest is in the store."""

    listen_host: str
    listen_port: int
    data: Path  # the embedded store, the spill file, the simulator's seed
    database_url: str
    pbx_url: str | None  # None: not given
    pbx_database_url: str | None = None  # of that PBX's own database; has its password in it
    simulated: bool = False  # show the simulated PBX
    admin_password: str | None
    project_name: str = "Callfloor"  # this and the next three: of the first start
    timezone: str | None = None  # IANA
    country: str | None = None  # ISO 3166, by which national numbers are read
    language: str = "en"
    recordings_delete: bool = False  # the project's retention and erasure may delete the PBX's files in these folders
    recordings: str | None = None  # folders and agents, with commas between them; may hold an agent's token
    sound_cache_bytes: int = 1024**3
    voicemail: Path | None = None  # the PBX's voicemail spool, as it is mounted here
    fax: tuple[tuple[str, Path], ...] = ()  # the PBX's folders of faxes: as it names them, as they are mounted here
    pbx_logs: tuple[tuple[str, Path], ...] = ()  # PBXes' folders of logs by connection; "": of the only one
    smtp_url: str | None = None  # has the mail server's password in it
    smtp_from: str | None = None
    public_url: str | None = None  # where people reach the page, for links in letters
    metrics_token: str | None = None  # what Prometheus must bring; None: only this very machine may ask
    audiosocket: tuple[str, int] | str | None = None  # where the PBX's audio comes to; "": nowhere; None: as usual
    audiosocket_address: tuple[str, int] | None = None  # what the PBX is told instead; port 0: the same
    audiosocket_from: tuple[str, ...] = ()  # IP addresses that it may come from, beside the PBX's own
    oidc: tuple[str, str, str | None] | None = None  # issuer, client id, client secret
    simulated_employees: int = 40
    simulated_seed: int = 1
    simulated_history_days: int = 8


def read(environment: Mapping[str, str] = os.environ) -> Config:
    """The settings of this process.

    Raises:
        ConfigurationError: a setting cannot be understood; the message names it.
    """
    data = Path(environment.get("CALLFLOOR_DATA", "var"))
    host, port = listen_address(environment)
    simulated = environment.get("CALLFLOOR_PBX_URL") == SIMULATOR_URL
    language = environment.get("CALLFLOOR_LANGUAGE") or "en"
    if language not in LANGUAGES:
        raise ConfigurationError(f"CALLFLOOR_LANGUAGE must be one of {', '.join(LANGUAGES)}, not {language!r}")
    return Config(
        listen_host=host,
        listen_port=port,
        data=data,
        database_url=environment.get("CALLFLOOR_DATABASE_URL") or f"sqlite:///{data / 'callfloor.db'}",
        pbx_url=None if simulated else environment.get("CALLFLOOR_PBX_URL") or None,
        pbx_database_url=environment.get("CALLFLOOR_PBX_DATABASE_URL") or None,
        simulated=simulated,
        admin_password=environment.get("CALLFLOOR_ADMIN_PASSWORD") or None,
        project_name=environment.get("CALLFLOOR_PROJECT") or "Callfloor",
        timezone=environment.get("CALLFLOOR_TIMEZONE") or None,
        country=environment.get("CALLFLOOR_COUNTRY") or None,
        language=language,
        recordings=environment.get("CALLFLOOR_RECORDINGS") or None,
        recordings_delete=environment.get("CALLFLOOR_RECORDINGS_DELETE", "no").lower() in {"yes", "1", "true"},
        sound_cache_bytes=_whole("CALLFLOOR_SOUND_CACHE_MB", environment, 1024, 64, 1024**2) * 1024**2,
        voicemail=_folder("CALLFLOOR_VOICEMAIL", environment),
        fax=_mounts("CALLFLOOR_FAX", environment),
        pbx_logs=_named_folders("CALLFLOOR_PBX_LOGS", environment),
        smtp_url=environment.get("CALLFLOOR_SMTP_URL") or None,
        smtp_from=environment.get("CALLFLOOR_SMTP_FROM") or None,
        public_url=_public_url(environment.get("CALLFLOOR_PUBLIC_URL") or None),
        metrics_token=environment.get("CALLFLOOR_METRICS_TOKEN") or None,
        audiosocket=_audiosocket(environment.get("CALLFLOOR_AUDIOSOCKET")),
        audiosocket_address=_audiosocket_address(environment.get("CALLFLOOR_AUDIOSOCKET_ADDRESS") or None),
        audiosocket_from=_addresses("CALLFLOOR_AUDIOSOCKET_FROM", environment),
        oidc=_issuer(environment),
        simulated_employees=_whole("CALLFLOOR_SIMULATED_EMPLOYEES", environment, 40, 10, 1000),
        simulated_seed=_whole("CALLFLOOR_SIMULATED_SEED", environment, 1, 0, 2**31),
        simulated_history_days=_whole("CALLFLOOR_SIMULATED_HISTORY_DAYS", environment, 8, 0, 400),
    )


def listen_address(environment: Mapping[str, str] = os.environ) -> tuple[str, int]:
    """Where the page is reached.

    Raises:
        ConfigurationError: it cannot be understood.
    """
    return listening(environment.get("CALLFLOOR_LISTEN", "127.0.0.1:8070"), "CALLFLOOR_LISTEN")


def listening(value: str, name: str) -> tuple[str, int]:
    """An address to listen on, and its port.

    Raises:
        ConfigurationError: it is not of this form; the message names the setting.
    """
    host, colon, port = value.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ConfigurationError(f"{name} must be address:port, for example 127.0.0.1:8070, not {value!r}")
    return host.strip("[]") or "127.0.0.1", int(port)


def _audiosocket(value: str | None) -> tuple[str, int] | str | None:
    if value is None or not value.strip():
        return value if value is None else ""
    return listening(value.strip(), "CALLFLOOR_AUDIOSOCKET")


def _audiosocket_address(value: str | None) -> tuple[str, int] | None:
    """A host that the PBX can reach, with or without a port."""
    if value is None:
        return None
    host, colon, port = value.strip().rpartition(":")
    if not colon or (value.count(":") > 1 and not value.startswith("[")):
        host, port = value.strip(), "0"
    host = host.strip("[]")
    if not port.isdigit() or int(port) > 65535 or not host or any(c in host for c in " /,()\r\n"):
        raise ConfigurationError(
            f"CALLFLOOR_AUDIOSOCKET_ADDRESS must be like 192.0.2.10 or calls.example.com:9092, not {value!r}"
        )
    return host, int(port)


def _addresses(name: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    found = tuple(filter(None, (one.strip() for one in environment.get(name, "").split(","))))
    for one in found:
        try:
            ipaddress.ip_address(one)
        except ValueError:
            raise ConfigurationError(f"{name} must be IP addresses with commas between them, not {one!r}") from None
    return found


def _public_url(value: str | None) -> str | None:
    if value is not None and not value.startswith(("http://", "https://")):
        raise ConfigurationError(f"CALLFLOOR_PUBLIC_URL must be like https://calls.example.com, not {value!r}")
    return value


def _issuer(environment: Mapping[str, str]) -> tuple[str, str, str | None] | None:
    issuer = environment.get("CALLFLOOR_OIDC_ISSUER", "").strip()
    client = environment.get("CALLFLOOR_OIDC_CLIENT_ID", "").strip()
    if not issuer and not client:
        return None
    if not issuer.startswith(("https://", "http://")) or not client:
        raise ConfigurationError("CALLFLOOR_OIDC_ISSUER (https://…) and CALLFLOOR_OIDC_CLIENT_ID go together")
    return issuer, client, environment.get("CALLFLOOR_OIDC_CLIENT_SECRET") or None


def _whole(name: str, environment: Mapping[str, str], default: int, least: int, most: int) -> int:
    value = environment.get(name, "")
    if not value:
        return default
    if not value.isdigit() or not least <= int(value) <= most:
        raise ConfigurationError(f"{name} must be a whole number from {least} to {most}, not {value!r}")
    return int(value)


def _folder(name: str, environment: Mapping[str, str]) -> Path | None:
    value = environment.get(name, "").strip()
    if not value:
        return None
    if not Path(value).is_absolute():
        raise ConfigurationError(
            f"{name} must be a full path, for example /var/spool/asterisk/voicemail, not {value!r}"
        )
    return Path(value)


def _named_folders(name: str, environment: Mapping[str, str]) -> tuple[tuple[str, Path], ...]:
    """``/var/log/asterisk``, or by the connections' names ``North=/mnt/north,South=/mnt/south``."""
    found = []
    for part in filter(None, (one.strip() for one in environment.get(name, "").split(","))):
        named, equals, path = part.rpartition("=")
        if not path.strip().startswith("/") or (equals and not named.strip()):
            raise ConfigurationError(
                f"{name} must be a full path, for example /var/log/asterisk, or Office=/mnt/office/asterisk for each "
                f"PBX connection, not {part!r}"
            )
        found.append((named.strip(), Path(path.strip())))
    return tuple(found)


def _mounts(name: str, environment: Mapping[str, str]) -> tuple[tuple[str, Path], ...]:
    """``/var/spool/asterisk/fax=/mnt/pbx/fax``, or one path where both have the same; several with commas between."""
    found = []
    for part in filter(None, (one.strip() for one in environment.get(name, "").split(","))):
        named, equals, here = part.partition("=")
        path = here.strip() if equals else named.strip()
        if not named.strip().startswith("/") or not path.startswith("/"):
            raise ConfigurationError(
                f"{name} must be full paths, for example /var/spool/asterisk/fax=/mnt/pbx/fax, not {part!r}"
            )
        found.append((named.strip(), Path(path)))
    return tuple(found)
