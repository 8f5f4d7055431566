"""What keeps the house: set-up, the tests' real parts, the executed rules. Run from the repository's root."""
