"""The settings of the audio port."""

import pytest

from callfloor import config
from callfloor.errors import ConfigurationError


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({}, (None, None, ())),
        ({"CALLFLOOR_AUDIOSOCKET": ""}, ("", None, ())),
        ({"CALLFLOOR_AUDIOSOCKET": "192.0.2.1:9100"}, (("192.0.2.1", 9100), None, ())),
        ({"CALLFLOOR_AUDIOSOCKET": "[::]:9092"}, (("::", 9092), None, ())),
        ({"CALLFLOOR_AUDIOSOCKET_ADDRESS": "calls.example.com"}, (None, ("calls.example.com", 0), ())),
        ({"CALLFLOOR_AUDIOSOCKET_ADDRESS": "192.0.2.1:9100"}, (None, ("192.0.2.1", 9100), ())),
        ({"CALLFLOOR_AUDIOSOCKET_ADDRESS": "2001:db8::1"}, (None, ("2001:db8::1", 0), ())),
        ({"CALLFLOOR_AUDIOSOCKET_ADDRESS": "[2001:db8::1]:9100"}, (None, ("2001:db8::1", 9100), ())),
        ({"CALLFLOOR_AUDIOSOCKET_FROM": "192.0.2.1, 2001:db8::1"}, (None, None, ("192.0.2.1", "2001:db8::1"))),
    ],
)
def test_what_is_read(given: dict[str, str], read: tuple[object, ...]) -> None:
    found = config.read(given)
    assert (found.audiosocket, found.audiosocket_address, found.audiosocket_from) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CALLFLOOR_AUDIOSOCKET", "9092"),
        ("CALLFLOOR_AUDIOSOCKET", "192.0.2.1:99999"),
        ("CALLFLOOR_AUDIOSOCKET_ADDRESS", "192.0.2.1:x"),
        ("CALLFLOOR_AUDIOSOCKET_ADDRESS", "calls.example.com/c(slin)"),
        ("CALLFLOOR_AUDIOSOCKET_ADDRESS", "a:99999"),
        ("CALLFLOOR_AUDIOSOCKET_FROM", "calls.example.com"),
    ],
)
def test_what_cannot_be_understood_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        config.read({name: value})
