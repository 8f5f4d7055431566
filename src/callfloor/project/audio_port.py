"""The port that the PBXes' audio comes to: one for the installation, opened at the start. Without it supervisors listen
by phone; everything else goes on.
"""

import logging
from typing import Final

from callfloor.asterisk.audiosocket import AudioSocketServer
from callfloor.asterisk.link import PbxLink
from callfloor.config import Config
from callfloor.errors import ConfigurationError

logger = logging.getLogger(__name__)

DEFAULT: Final = ("0.0.0.0", 9092)
"""The port that Asterisk's own examples use (docs/decisions/0136)."""

LOCAL: Final = ("127.0.0.1", 0)
"""Any free one: the simulated PBX lives in this process."""


class AudioPort:
    """Where the audio comes in. Fits ``AudioWay``."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.server: AudioSocketServer | None = None

    async def open(self) -> None:
        """Listen as the settings say. A default that is taken is done without, and said in the log.

        Raises:
            ConfigurationError: the address that was set cannot be had.
        """
        given = self._config.audiosocket
        if given == "":
            return
        usual = LOCAL if self._config.simulated else DEFAULT
        server = AudioSocketServer()
        try:
            await server.open(*(given or usual))
        except ConfigurationError as error:
            if given is not None:
                raise
            logger.warning(
                "Supervisors cannot listen in the browser: the port for the PBX's audio is taken; "
                "set CALLFLOOR_AUDIOSOCKET",
                extra={"reason": str(error)},
            )
            return
        self.server = server

    async def close(self) -> None:
        """Hang everything up."""
        if self.server is not None:
            await self.server.close()
            self.server = None

    def told(self, pbx: PbxLink) -> tuple[str, int] | None:
        """The address that a PBX is told to connect to: the one that is set, else ours as this PBX sees us."""
        if self.server is None or self.server.address is None:
            return None
        host, port = self.server.address
        if self._config.audiosocket_address is not None:
            given, given_port = self._config.audiosocket_address
            return given, given_port or port
        addresses = pbx.connection.addresses
        if addresses is not None:
            host = addresses[0].partition("%")[0]
        return host, port

    def callers(self, pbx: PbxLink) -> frozenset[str]:
        """The address that the link to this PBX goes to, and those that the setting adds (a PBX behind a proxy)."""
        addresses = pbx.connection.addresses
        found = set() if addresses is None else {addresses[1]}
        return frozenset(found | set(self._config.audiosocket_from))
