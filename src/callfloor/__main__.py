"""``python -m callfloor`` is the program ``callfloor``."""

from callfloor.cli import main

main()
