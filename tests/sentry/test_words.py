"""The words by which names are judged: each must take effect, whatever other rules would spare."""

import pytest

from alerting.sentry.scrub.names import Names
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.rules.words import PAIRS, PUBLIC, STRONG, VAULTS, WEAK

ANNOUNCING = sorted(
    [*PAIRS, *((word,) for word in VAULTS | STRONG | WEAK)],
)


@pytest.mark.parametrize("separator", ["_", "-", "."])
def test_every_announcing_word_is_looked_for(separator: str) -> None:
    names = Names()
    secret = [separator.join(words) for words in ANNOUNCING if names.are_secret(separator.join(words))]
    assert len(secret) > 300
    assert [name for name in secret if not any(root in name for root in names.roots)] == []
    harmless = [words for words in ANNOUNCING if names.judge(separator.join(words)) <= Secrecy.HARMLESS]
    assert [words for words in harmless if words not in PUBLIC] == []


@pytest.mark.parametrize(
    "name", ["input_tokens", "mfa_device", "last_password_change", "auth_header_name", "has.password"]
)
def test_a_name_about_a_secret_is_harmless(name: str) -> None:
    assert Names().judge(name) <= Secrecy.HARMLESS


@pytest.mark.parametrize("name", ["cc_number", "taxId", "2fa", "AWS_ACCESS_KEY_ID", "authorization_header", "userpw"])
def test_a_rare_name_of_a_secret_is_known(name: str) -> None:
    assert Names().judge(name) >= Secrecy.STRONG
