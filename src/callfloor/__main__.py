"""``python -m callfloor`` is the program ``callfloor``."""

import gc


def main() -> None:
    """The program. Nothing of what is loaded at its start ever goes: looking through it for what might takes time."""
    gc.disable()  # a fifth of the start, which makes some hundred thousand objects
    from callfloor.cli import app  # noqa: PLC0415  # that is the start

    gc.freeze()
    gc.enable()
    app()


if __name__ == "__main__":
    main()
