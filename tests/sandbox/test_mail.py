"""The mail server, spoken to by Python's own SMTP client."""

import smtplib
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from tests.sandbox import Fault, Sandbox


def letter(subject: str = "hello") -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "alerts@example.com", "a@example.com, b@example.com"
    message.set_content("the text, with ünïcode")
    message.add_alternative("<p>the page</p>", subtype="html")
    return message


def connect(sandbox: Sandbox) -> smtplib.SMTP:
    return smtplib.SMTP(sandbox.mail.host, sandbox.mail.port, timeout=5)


def test_a_mail_arrives_with_its_envelope_and_both_parts(sandbox: Sandbox) -> None:
    with connect(sandbox) as client:
        client.send_message(letter())
    (mail,) = sandbox.mail.wait_for(lambda arrived: arrived, timeout=2)
    assert (mail.sender, mail.recipients) == ("alerts@example.com", ["a@example.com", "b@example.com"])
    plain, page = mail.message.get_body(("plain",)), mail.message.get_body(("html",))
    assert plain is not None and page is not None
    assert plain.get_content() == "the text, with ünïcode\n"
    assert page.get_content() == "<p>the page</p>\n"


def test_a_login_is_asked_for_once_one_is_set(sandbox: Sandbox) -> None:
    sandbox.mail.user, sandbox.mail.password = "alerts", "s3cret"
    with connect(sandbox) as client, pytest.raises(smtplib.SMTPException) as caught:
        client.send_message(letter())
    assert "530" in str(caught.value)
    with connect(sandbox) as client, pytest.raises(smtplib.SMTPAuthenticationError):
        client.login("alerts", "wrong")
    with connect(sandbox) as client:
        client.login("alerts", "s3cret")
        client.send_message(letter())
    assert len(sandbox.mail.messages) == 1


def test_without_one_any_login_will_do(sandbox: Sandbox) -> None:
    with connect(sandbox) as client:
        client.login("anybody", "anything")
        client.send_message(letter())
    assert len(sandbox.mail.messages) == 1


@pytest.mark.parametrize(
    ("stage", "reply", "raised"),
    [
        ("connect", "421 too busy", smtplib.SMTPConnectError),
        ("rcpt", "550 no such person", smtplib.SMTPRecipientsRefused),
        ("data", "451 try again", smtplib.SMTPDataError),
    ],
)
def test_each_stage_can_refuse(sandbox: Sandbox, stage: str, reply: str, raised: type[Exception]) -> None:
    sandbox.mail.fault(Fault(stage=stage, reply=reply, times=2 if stage == "rcpt" else 1))

    def send() -> None:
        with connect(sandbox) as client:
            client.send_message(letter())

    with pytest.raises(raised) as caught:
        send()
    assert reply.split()[0] in str(caught.value)
    assert sandbox.mail.messages == []
    send()
    assert len(sandbox.mail.messages) == 1


def test_a_login_can_be_refused(sandbox: Sandbox) -> None:
    sandbox.mail.fault(Fault(stage="auth", reply="535 5.7.8 no", times=2))
    with connect(sandbox) as client, pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
        client.login("alerts", "s3cret")


def test_one_recipient_of_several_can_be_refused(sandbox: Sandbox) -> None:
    sandbox.mail.fault(Fault(stage="rcpt", reply="550 gone", recipient="B@example.com"))
    with connect(sandbox) as client:
        assert client.send_message(letter()) == {"b@example.com": (550, b"gone")}
    assert sandbox.mail.messages[0].recipients == ["a@example.com"]


def _hang_up_at_connect(sandbox: Sandbox) -> None:
    connect(sandbox)


def _send(sandbox: Sandbox) -> None:
    with connect(sandbox) as client:
        client.send_message(letter())


@pytest.mark.parametrize(
    ("fault", "taken"),
    [
        (Fault(stage="data", drop="before"), 0),
        (Fault(stage="data", drop="after"), 1),
    ],
    ids=["before taking", "after taking"],
)
def test_the_connection_can_be_lost(sandbox: Sandbox, fault: Fault, taken: int) -> None:
    sandbox.mail.fault(fault)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        _send(sandbox)
    assert len(sandbox.mail.messages) == taken


@pytest.mark.parametrize("stage", ["connect", "data"])
def test_a_server_that_hangs_costs_the_client_its_time(sandbox: Sandbox, stage: str) -> None:
    sandbox.mail.fault(Fault(stage=stage, hang=True))

    def impatient() -> None:
        with smtplib.SMTP(sandbox.mail.host, sandbox.mail.port, timeout=0.3) as client:
            client.send_message(letter())

    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        impatient()
    assert sandbox.mail.messages == []


def test_listeners_hear_of_each_mail(sandbox: Sandbox) -> None:
    heard: list[str] = []
    listener: Callable[..., None] = lambda mail: heard.append(str(mail))  # noqa: E731
    sandbox.mail.messages.listeners.append(listener)
    _send(sandbox)
    assert heard == ["hello → a@example.com, b@example.com"]
