"""One project while it runs: what brings the rooms together for it, and the long work on what it has."""
