"""How a message is written down. What comes often (a channel's snapshot) writes itself; the rest uses this."""


def headers(**values: object) -> str:
    """``Name: value`` lines in the order given, each ended by CR LF."""
    return "".join([f"{name}: {value}\r\n" for name, value in values.items()])
