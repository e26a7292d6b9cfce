"""Mail in a real SMTP conversation."""

import email
import socket
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage

import pytest

from alerting.errors import DeliveryError
from alerting.examples.afternoon import firing, resolved
from alerting.notifiers.email.notifier import EmailNotifier
from alerting.notifiers.email.smtp import SmtpBackend
from alerting.outbox.message import Notice
from tests.notifiers.drip import dripping_server
from tests.notifiers.stand_ins import MAIL_PASSWORD, MailServer, mail_server

ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


def notifier(server: MailServer, *, password: str = "", seconds: float = 30.0, timeout: float = 10) -> EmailNotifier:
    def connect() -> SmtpBackend:
        return SmtpBackend(
            host=server.host,
            port=server.port,
            username="ops" if password else "",
            password=password,
            use_tls=False,
            use_ssl=False,
            timeout=timeout,
            conversation_seconds=seconds,
        )

    return EmailNotifier([ANN, BOB], "Alerting <alerts@example.com>", connect)


def received(server: MailServer, index: int = -1) -> EmailMessage:
    content = server.handler.envelopes[index].content
    assert isinstance(content, bytes)
    message = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def refused(server: MailServer, notice: Notice | None = None, **options: float) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        notifier(server, **options).send(notice or firing(), {}, "k:1:email")  # type: ignore[arg-type]
    return caught.value


def test_a_mail_reaches_everybody_at_once_as_html_and_text(server: MailServer) -> None:
    notifier(server).send(firing(), {}, "k:1:email")
    (envelope,) = server.handler.envelopes
    assert envelope.rcpt_tos == [ANN, BOB]
    message = received(server)
    assert message["Subject"] == (
        "[firing] High, checkout, production: 37 errors in 5 min, rising, threshold 10 errors"
    )
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"]
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        assert "37 errors in 5 min, over the threshold of 10 errors." in body.get_content()


def test_the_same_message_sent_again_has_the_same_message_id(server: MailServer) -> None:
    for _ in range(2):
        notifier(server).send(firing(), {}, "k:1:email")
    assert received(server, 0)["Message-ID"] == received(server, 1)["Message-ID"]


def test_later_mails_of_an_incident_answer_its_first(server: MailServer) -> None:
    first = notifier(server).send(firing(), {}, "k:1:email")
    second = notifier(server).send(resolved(), first.ref, "k:2:email")
    notifier(server).send(resolved(sequence=4), second.ref, "k:4:email")
    root = received(server, 0)["Message-ID"]
    assert first.ref == second.ref == {"message_id": root}
    for index in (1, 2):
        assert received(server, index)["In-Reply-To"] == root
        assert root in received(server, index)["References"]
        assert received(server, index)["Message-ID"] != root


def test_the_thread_holds_even_where_the_ref_is_lost(server: MailServer) -> None:
    notifier(server).send(firing(), {}, "k:1:email")
    notifier(server).send(resolved(), {}, "k:2:email")
    assert received(server, 0)["References"] == received(server, 1)["References"]


def test_other_incidents_are_other_threads(server: MailServer) -> None:
    notifier(server).send(firing(), {}, "k:1:email")
    notifier(server).send(firing(key="another"), {}, "another:1:email")
    assert received(server, 0)["References"] != received(server, 1)["References"]


def test_one_refused_recipient_of_two_does_not_keep_it_from_the_other(server: MailServer) -> None:
    server.handler.replies[BOB] = "550 5.1.1 no such user"
    receipt = notifier(server).send(firing(), {}, "k:1:email")
    assert [envelope.rcpt_tos for envelope in server.handler.envelopes] == [[ANN]]
    assert receipt.refused == {BOB: "550 5.1.1 no such user"}
    assert receipt.deferred == {}


def test_a_recipient_deferred_for_now_is_named_and_can_be_served_alone(server: MailServer) -> None:
    server.handler.replies[BOB] = "451 4.7.1 greylisted, come back later"
    receipt = notifier(server).send(firing(), {}, "k:1:email")
    assert list(receipt.deferred) == [BOB]
    assert receipt.refused == {}
    server.handler.replies.clear()
    notifier(server).send(firing(recipients=tuple(receipt.deferred)), receipt.ref, "k:1:email:deferred")
    assert [envelope.rcpt_tos for envelope in server.handler.envelopes] == [[ANN], [BOB]]


@pytest.mark.parametrize(
    ("stage", "reply", "reason", "permanent"),
    [
        ("mail", "421 4.3.2 shutting down", "smtp_421", False),
        ("mail", "451 4.3.0 try later", "smtp_451", False),
        ("mail", "550 5.7.1 sender not allowed", "smtp_550", True),
        ("both", "421 4.3.2 shutting down", "smtp_421", False),
        ("both", "450 4.2.1 mailbox busy", "smtp_450", False),
        ("both", "550 5.1.1 no such user", "smtp_550", True),
        ("data", "421 4.3.2 shutting down", "smtp_421", False),
        ("data", "452 4.3.1 disk full", "smtp_452", False),
        ("data", "552 5.3.4 too big", "smtp_content", True),
        ("data", "554 5.7.1 looks like spam", "smtp_content", True),
    ],
)
def test_4xx_is_tried_again_and_5xx_is_not(
    server: MailServer, stage: str, reply: str, reason: str, permanent: bool
) -> None:
    for name in (ANN, BOB) if stage == "both" else (stage,):
        server.handler.replies[name] = reply
    error = refused(server)
    assert (error.reason, error.permanent) == (reason, permanent)
    assert reply in str(error)
    assert server.handler.envelopes == []


def test_where_one_of_the_refused_may_be_taken_later_the_mail_is_tried_again(server: MailServer) -> None:
    server.handler.replies = {ANN: "550 no such user", BOB: "451 greylisted"}
    error = refused(server)
    assert (error.reason, error.permanent) == ("smtp_451", False)


def test_a_connection_dropped_after_data_is_temporary(server: MailServer) -> None:
    server.handler.drop = "data"
    error = refused(server)
    assert (error.reason, error.permanent) == ("connection_lost", False)


def test_a_goodbye_that_goes_wrong_does_not_send_the_mail_again(server: MailServer) -> None:
    server.handler.drop = "quit"
    assert notifier(server).send(firing(), {}, "k:1:email").ref
    assert len(server.handler.envelopes) == 1


def test_a_refused_login_is_permanent_and_names_the_settings() -> None:
    with mail_server(login=True) as server, pytest.raises(DeliveryError) as caught:
        notifier(server, password="wrong password").send(firing(), {}, "k:1:email")
    assert caught.value.reason == "smtp_auth"
    assert caught.value.permanent
    assert "EMAIL_HOST_PASSWORD" in str(caught.value)
    assert "wrong password" not in str(caught.value)


def test_a_server_that_hangs_up_after_refusing_the_login_still_refused_it() -> None:
    with mail_server(login=True) as server:
        server.handler.drop = "second login"
        with pytest.raises(DeliveryError) as caught:
            notifier(server, password="wrong password").send(firing(), {}, "k:1:email")
    assert (caught.value.reason, caught.value.permanent) == ("smtp_auth", True)


def test_a_login_the_server_cannot_check_just_now_is_temporary() -> None:
    with mail_server(login=True) as server:
        server.handler.replies["auth"] = "454 4.7.0 temporary failure"
        with pytest.raises(DeliveryError) as caught:
            notifier(server, password=MAIL_PASSWORD).send(firing(), {}, "k:1:email")
    assert (caught.value.reason, caught.value.permanent) == ("smtp_454", False)


def test_a_good_login_delivers() -> None:
    with mail_server(login=True) as server:
        notifier(server, password=MAIL_PASSWORD).send(firing(), {}, "k:1:email")
        assert len(server.handler.envelopes) == 1


def test_a_server_without_login_is_permanent_where_a_password_is_set(server: MailServer) -> None:
    with pytest.raises(DeliveryError) as caught:
        notifier(server, password=MAIL_PASSWORD).send(firing(), {}, "k:1:email")
    assert (caught.value.reason, caught.value.permanent) == ("smtp_auth", True)


def test_nobody_listening_is_temporary() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = refused(MailServer("127.0.0.1", port, None))  # type: ignore[arg-type]
    assert (error.reason, error.permanent) == ("connection_refused", False)


def test_a_name_that_does_not_resolve_is_temporary() -> None:
    error = refused(MailServer("mail.invalid", 25, None))  # type: ignore[arg-type]
    assert (error.reason, error.permanent) == ("dns", False)


def test_a_server_that_never_speaks_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        error = refused(MailServer("127.0.0.1", listener.getsockname()[1], None), seconds=0.3)  # type: ignore[arg-type]
    assert (error.reason, error.permanent) == ("timeout", False)


def test_a_server_that_drips_is_given_up_in_time() -> None:
    with dripping_server() as port:
        error = refused(MailServer("127.0.0.1", port, None), seconds=0.5)  # type: ignore[arg-type]
    assert (error.reason, error.permanent) == ("timeout", False)


def test_a_reply_that_repeats_the_password_is_masked() -> None:
    with mail_server(login=True) as server:
        server.handler.replies["mail"] = f"550 go away with {MAIL_PASSWORD}"
        with pytest.raises(DeliveryError) as caught:
            notifier(server, password=MAIL_PASSWORD).send(firing(), {}, "k:1:email")
    assert "550 go away with [secret]" in str(caught.value)
