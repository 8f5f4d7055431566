"""Who is an employee's account and what is a trunk."""

import pytest

from callfloor.asterisk.parties import Parties


def test_what_is_given_goes_before_everything_else() -> None:
    parties = Parties(accounts=["desk"], trunks=["105"])
    parties.learn_contact("105", registered=True)
    parties.learn_contact("desk", registered=False)
    assert parties.is_account("desk", "from-trunk")
    assert not parties.is_account("105", "from-internal")
    assert parties.accounts == {"desk"}


@pytest.mark.parametrize(
    ("endpoint", "context", "is_account"),
    [
        ("101", "from-internal", True),
        ("101", "", True),
        ("alice", "from-internal", True),
        ("alice", "", False),
        ("trunk-a", "from-trunk", False),
        ("trunk-a", "", False),
        ("101", "from-pstn-toheader", False),
        ("74951234567", "", False),
        ("7", "", False),
        ("provider", "from-did-direct", False),
    ],
)
def test_without_a_listing_the_name_and_the_context_decide(endpoint: str, context: str, is_account: bool) -> None:
    assert Parties().is_account(endpoint, context) is is_account


def test_a_registered_contact_is_a_phone_and_a_written_one_a_trunk() -> None:
    parties = Parties()
    parties.learn_contact("alice", registered=True)
    parties.learn_contact("200", registered=False)
    assert parties.is_account("alice", "from-trunk")
    assert not parties.is_account("200", "from-internal")


def test_the_devices_of_a_hint_are_accounts() -> None:
    parties = Parties()
    parties.learn_hint("PJSIP/alice&SIP/bob&Custom:DND101&Local/7@x,CustomPresence:101")
    assert parties.accounts == {"alice", "bob"}
    assert parties.is_known_account("alice")
    assert not parties.is_known_account("101")


@pytest.mark.parametrize(
    ("interface", "account"),
    [
        ("PJSIP/101", "101"),
        ("Local/104@from-queue/n", "104"),
        ("local/104@from-queue", "104"),
        ("PJSIP/agent@trunk-b", None),
        ("", None),
        ("Local/79161234567#@from-queue/n", None),
    ],
)
def test_a_queues_members(interface: str, account: str | None) -> None:
    parties = Parties()
    parties.learn_member(interface, "Alice")
    assert parties.accounts == (frozenset() if account is None else {account})
    assert parties.names == ({} if account is None else {account: "Alice"})


def test_a_members_name_that_is_its_interface_is_no_name() -> None:
    parties = Parties()
    parties.learn_member("PJSIP/101", "PJSIP/101")
    assert parties.names == {}


def test_an_employees_mobile_number_is_an_account() -> None:
    parties = Parties()
    parties.give(["101", "+79031112233"])
    assert parties.mobile_account("79031112233") == "+79031112233"
    assert parties.mobile_account("+79031112233") == "+79031112233"
    assert parties.mobile_account("79031112244") is None
    assert parties.mobile_account(None) is None
