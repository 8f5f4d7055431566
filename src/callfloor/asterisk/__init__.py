"""Everything that knows the word Asterisk, both ways."""
