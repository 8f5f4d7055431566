"""Secrets at rest: sealed with a key that lies beside the data and not in the database, so that neither a copy of the
database nor a backup of it alone tells them (docs/decisions/0154).
"""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from callfloor.errors import ConfigurationError, SecretUnreadableError

KEY_FILE = "secrets.key"


class Sealer:
    """Seals and opens texts with one key."""

    def __init__(self, key: bytes) -> None:
        """The key as ``Fernet`` has it.

        Raises:
            ConfigurationError: it is none.
        """
        try:
            self._fernet = Fernet(key)
        except ValueError:
            raise ConfigurationError(
                f"The key file {KEY_FILE} in the data folder is damaged. Put back the one of your backup; or "
                "remove it, and enter the PBX connections' secrets anew."
            ) from None

    def seal(self, text: str) -> str:
        """The text, sealed: ASCII, different each time."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text that was sealed.

        Raises:
            SecretUnreadableError: it was sealed with another key, or is damaged.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except (InvalidToken, ValueError):
            raise SecretUnreadableError from None


def sealer(folder: Path) -> Sealer:
    """The sealer of a data folder; its key is made where there is none, for this user's eyes only.

    Raises:
        ConfigurationError: the key cannot be read or made, or others can read it.
    """
    path = folder / KEY_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            pass
        else:
            with open(made, "wb") as file:
                file.write(Fernet.generate_key())
                file.flush()
                os.fsync(file.fileno())
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return Sealer(path.read_bytes().strip())
    except OSError as error:
        raise ConfigurationError(f"The key file {path} cannot be read or made: {error.strerror}") from None
