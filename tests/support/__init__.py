"""Parts that tests stand on: virtual time, wires, real servers, phones. Nothing here is a mock of our own modules."""
