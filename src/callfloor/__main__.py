"""``python -m callfloor`` is the program ``callfloor``."""

import contextlib
import gc
import os
import sys


def main() -> None:
    """The program. Nothing of what is loaded at its start ever goes: looking through it for what might takes time."""
    gc.disable()  # a fifth of the start, which makes some hundred thousand objects
    if sys.argv[1:] == ["serve"]:
        _listen()
    from callfloor.cli import app  # noqa: PLC0415  # that is the start

    gc.freeze()
    gc.enable()
    app()


def _listen() -> None:
    """Take connections before the rest is loaded, where no other process has done that for this one."""
    from callfloor import config, listener  # noqa: PLC0415
    from callfloor.errors import ConfigurationError  # noqa: PLC0415

    if not {"LISTEN_FDS", listener.SUCCEEDS} & os.environ.keys():
        with contextlib.suppress(ConfigurationError):  # told by who reads all settings
            listener.bind_early(*config.listen_address())


if __name__ == "__main__":
    main()
