"""The PBX's address: understood in full, refused clearly, and its secret never shown."""

import ssl
from pathlib import Path

import pytest

from callfloor.asterisk.ami_url import parse_url, tls_context
from callfloor.errors import ConfigurationError


def test_an_address_is_taken_apart() -> None:
    url = parse_url(" ami://monitor:s3cret@pbx.example ")
    assert (url.host, url.port, url.user, url.secret.reveal()) == ("pbx.example", 5038, "monitor", "s3cret")
    assert (url.tls, url.verify, url.ca, url.login) == (False, True, None, "auto")


def test_tls_has_its_own_port_and_options() -> None:
    url = parse_url("amis://m:s@[2001:db8::1]?ca=/etc/pbx.pem&login=challenge")
    assert (url.host, url.port, url.tls, url.ca, url.login) == ("2001:db8::1", 5039, True, "/etc/pbx.pem", "challenge")
    assert parse_url("amis://m:s@pbx:5041/?verify=no&login=plain").verify is False
    assert str(url) == "amis://m:***@[2001:db8::1]:5039"


def test_a_secret_with_signs_of_an_address_is_percent_encoded() -> None:
    assert parse_url("ami://m%40x:p%3A%2F%25%3F%23%40w@pbx").secret.reveal() == "p:/%?#@w"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pbx",
        "http://m:s3cret@pbx",
        "ami://m:s3cret@",
        "ami://s3cret@pbx",
        "ami://:s3cret@pbx",
        "ami://m:s3cret@pbx:0x1",
        "ami://m:s3cret@pbx:70000",
        "ami://m:s3cret@pbx/path",
        "ami://m:s3cret@pbx#x",
        "ami://m:a/s3cret@pbx",
        "ami://m:s3cret%0d%0aAction@pbx",
        "ami://m:s3cret@pbx?s3cret",
        "ami://m:s3cret@pbx?unknown=s3cret",
        "ami://m:s3cret@pbx?login=s3cret",
        "ami://m:s3cret@pbx?verify=no",
        "amis://m:s3cret@pbx?verify=s3cret",
        "amis://m:s3cret@pbx?ca=",
        "amis://m:s3cret@pbx?ca=/x&verify=no",
        "ami://m:s3cret@[pbx",
    ],
)
def test_what_is_no_address_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(ConfigurationError, match="the PBX's address") as failure:
        parse_url(text)
    assert "s3cret" not in str(failure.value)
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__ or failure.value.__context__ is None


def test_neither_print_nor_traceback_nor_rich_shows_the_secret() -> None:
    url = parse_url("ami://m:s3cret@pbx")
    assert "s3cret" not in f"{url} {url!r} {url.secret} {url.secret!r} {list(url.__rich_repr__())}"  # type: ignore[attr-defined]
    assert url == parse_url("ami://m:s3cret@pbx:5038")
    assert url != parse_url("ami://m:other@pbx:5038")
    assert len({url, parse_url("ami://m:s3cret@pbx:5038")}) == 1


def test_a_certificate_is_verified_unless_told_otherwise() -> None:
    assert tls_context(parse_url("ami://m:s@pbx")) is None
    strict = tls_context(parse_url("amis://m:s@pbx"))
    assert strict is not None
    assert strict.check_hostname
    assert strict.verify_mode is ssl.CERT_REQUIRED
    lax = tls_context(parse_url("amis://m:s@pbx?verify=no"))
    assert lax is not None
    assert lax.verify_mode is ssl.CERT_NONE


def test_a_missing_or_broken_file_of_certificates_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        tls_context(parse_url(f"amis://m:s@pbx?ca={tmp_path}/none.pem"))
    (tmp_path / "broken.pem").write_text("not a certificate")
    with pytest.raises(ConfigurationError, match="the file of certificates that ca= names cannot be read"):
        tls_context(parse_url(f"amis://m:s@pbx?ca={tmp_path}/broken.pem"))
