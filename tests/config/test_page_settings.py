"""The page is closed unless opened: what would open it by mistake is refused at start."""

import pytest

from alerting.config import load
from alerting.errors import ConfigError

OPEN = {"ALERTING_STATUS_BIND": "0.0.0.0:8000"}


@pytest.mark.parametrize("bind", ["127.0.0.1:8000", "[::1]:8000", "localhost:0", "127.3.2.1:80"])
def test_loopback_needs_no_password(bind: str) -> None:
    settings = load({"ALERTING_STATUS_BIND": bind})
    assert bind == settings.ALERTING_STATUS_BIND


@pytest.mark.parametrize("bind", ["0.0.0.0:8000", "[::]:8000", "192.0.2.1:80"])
def test_another_address_without_a_password_is_refused(bind: str) -> None:
    with pytest.raises(ConfigError, match=r"ALERTING_STATUS_PASSWORD: ALERTING_STATUS_BIND is .*needs a password"):
        load({"ALERTING_STATUS_BIND": bind})
    for name in ("ALERTING_STATUS_PASSWORD", "ALERTING_STATUS_READONLY_PASSWORD"):
        assert load({"ALERTING_STATUS_BIND": bind, name: "secret"})


@pytest.mark.parametrize("bind", ["8000", ":8000", "example.com:8000", "127.0.0.1:", "127.0.0.1:99999", "[::1]"])
def test_what_is_no_address_is_named(bind: str) -> None:
    with pytest.raises(ConfigError, match="ALERTING_STATUS_BIND: expected an address and a port"):
        load({"ALERTING_STATUS_BIND": bind})


def test_a_header_without_proxies_that_may_send_it_is_refused() -> None:
    with pytest.raises(ConfigError, match="ALERTING_TRUSTED_PROXIES"):
        load({"ALERTING_STATUS_USER_HEADER": "X-Forwarded-User"})
    named = load({**OPEN, "ALERTING_STATUS_USER_HEADER": "X-Forwarded-User", "ALERTING_TRUSTED_PROXIES": "10.0.0.0/8"})
    assert named.status_user_header == "HTTP_X_FORWARDED_USER"


def test_proxies_are_addresses() -> None:
    with pytest.raises(ConfigError, match=r"'proxy\.local' is none"):
        load({"ALERTING_TRUSTED_PROXIES": "10.0.0.1, proxy.local"})


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0"])
def test_everybody_is_no_proxy_of_ours(network: str) -> None:
    with pytest.raises(ConfigError, match=r"ALERTING_TRUSTED_PROXIES: .*your own proxies .*is everybody"):
        load({"ALERTING_TRUSTED_PROXIES": f"10.0.0.1, {network}"})


def test_one_password_for_both_roles_is_a_mistake_that_tells_no_password() -> None:
    with pytest.raises(ConfigError, match="nobody would only read") as caught:
        load({"ALERTING_STATUS_PASSWORD": "hunter2", "ALERTING_STATUS_READONLY_PASSWORD": "hunter2"})
    assert "hunter2" not in str(caught.value)
