"""Which proxy a URL is asked through, in the forms in which people write it down."""

import pytest

from alerting.http.proxies import ProxyMistakeError, proxy_for

SENTRY = "https://sentry.example.com/api/0/"


def through(url: str = SENTRY, **environ: str) -> str:
    proxy = proxy_for(url, environ)
    return proxy.url if proxy else ""


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": "proxy:3128"}, "http://proxy:3128"),
        ({"https_proxy": "http://proxy:3128/"}, "http://proxy:3128"),
        ({"HTTPS_PROXY": "https://proxy"}, "https://proxy"),
        ({"HTTPS_PROXY": "user:pass@word@proxy:1"}, "http://user:pass@word@proxy:1"),
        ({"HTTPS_PROXY": "[fd00::1]:3128"}, "http://[fd00::1]:3128"),
        ({"HTTPS_PROXY": " HTTP://Proxy:3128 "}, "http://Proxy:3128"),
        ({"ALL_PROXY": "socks5://proxy:1080"}, "socks5://proxy:1080"),
        ({"all_proxy": "socks5h://proxy"}, "socks5h://proxy"),
        ({"HTTPS_PROXY": "a:1", "ALL_PROXY": "b:1"}, "http://a:1"),
        ({"HTTPS_PROXY": "upper:1", "https_proxy": "lower:1"}, "http://lower:1"),
        ({"https_proxy": "", "ALL_PROXY": "b:1"}, ""),
        ({"HTTP_PROXY": "http://proxy:3128"}, ""),
    ],
)
def test_a_proxy_is_read_as_curl_reads_it(environ: dict[str, str], proxy: str) -> None:
    assert through(**environ) == proxy


@pytest.mark.parametrize(
    "exceptions",
    [
        "*",
        "example.com",
        ".example.com",
        "*.example.com",
        "SENTRY.example.com",
        "sentry.example.com.",
        "sentry.example.com:443",
        "localhost,127.0.0.1,[::1],sentry.example.com",
        "localhost 10.0.0.0/8 example.com",
        "https://sentry.example.com",
    ],
)
def test_no_proxy_exempts_a_name_and_what_is_below_it(exceptions: str) -> None:
    assert through(HTTPS_PROXY="proxy:1", NO_PROXY=exceptions) == ""


@pytest.mark.parametrize(
    "exceptions",
    ["", "ample.com", "sentry.example.com:8443", "[::1]", "10.0.0.0/8", "x.sentry.example.com", ",.,[", "::"],
)
def test_no_proxy_exempts_nothing_else(exceptions: str) -> None:
    assert through(HTTPS_PROXY="proxy:1", NO_PROXY=exceptions) == "http://proxy:1"


@pytest.mark.parametrize(
    ("url", "exceptions"),
    [
        ("https://10.1.2.3", "10.0.0.0/8"),
        ("https://10.1.2.3", "10.1.2.3"),
        ("https://10.1.2.3:9000", "10.1.2.3:9000"),
        ("https://[fd00::7]", "[fd00::7]"),
        ("https://[fd00::7]", "fd00:0::7"),
        ("https://[fd00::7]", "fd00::/8"),
        ("https://[fd00::7]:9000", "[fd00::7]:9000"),
    ],
)
def test_no_proxy_knows_addresses_and_networks(url: str, exceptions: str) -> None:
    assert through(url, HTTPS_PROXY="proxy:1", NO_PROXY=exceptions) == ""
    assert through("https://172.16.0.1", HTTPS_PROXY="proxy:1", NO_PROXY=exceptions) == "http://proxy:1"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://localhost", "https://[::1]", "https://127.8.8.8"])
def test_this_machine_is_never_asked_through_a_proxy(url: str) -> None:
    assert through(url, HTTPS_PROXY="proxy:1", ALL_PROXY="socks4://proxy:1") == ""


@pytest.mark.parametrize(
    "value",
    [
        "socks4://user:hunter22@proxy",
        "ftp://u:hunter22@proxy",
        "http://:hunter22@",
        "u:hunter22@proxy:port",
        "a hunter22",
    ],
)
def test_a_proxy_that_cannot_be_understood_is_named_without_its_password(value: str) -> None:
    with pytest.raises(ProxyMistakeError, match=r"^ALL_PROXY: expected a proxy such as") as caught:
        proxy_for(SENTRY, {"ALL_PROXY": value})
    assert "hunter22" not in str(caught.value)


def test_a_proxy_is_shown_without_its_login() -> None:
    proxy = proxy_for(SENTRY, {"HTTPS_PROXY": "http://user:hunter22@[fd00::1]:3128"})
    assert str(proxy) == "[fd00::1]:3128"
