"""What a mail server's refusals mean: whether trying again can help, and for whom."""

import base64
import smtplib
import ssl
from collections.abc import Iterable, Mapping

from alerting.errors import DeliveryError
from alerting.notifiers.email.smtp import LoginNeedsTlsError
from alerting.notifiers.escape import one_line
from alerting.notifiers.faults import connection_failed

PEER = "the mail server"
_MASK = "[secret]"
_NEEDS_STARTTLS = "takes this only after STARTTLS. Set EMAIL_USE_TLS=true."
# How OpenSSL says that what came was no TLS.
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})

Replies = Mapping[str, tuple[int, bytes]]


def delivery_error(
    error: Exception, secrets: Iterable[str] = (), *, host: str = "", too_slow: bool = False
) -> DeliveryError:
    """The delivery error for whatever sending a mail raised. 4xx is temporary, 5xx permanent (RFC 5321, 4.2.1)."""
    peer = f"{PEER} {one_line(host, 100)}".strip()
    hidden = list(_spellings(secrets))

    def refused(reason: str, what: str, *, permanent: bool = True) -> DeliveryError:
        return DeliveryError(reason, f"{_capital(peer)} {what}", permanent=permanent)

    match error:
        case _ if too_slow:
            # What came before our limit cut the conversation may be half a reply.
            return connection_failed(error, peer, too_slow=True)
        case LoginNeedsTlsError():
            return refused("smtp_needs_starttls", _NEEDS_STARTTLS)
        case smtplib.SMTPResponseException() if _wants_tls(error):
            return refused("smtp_needs_starttls", _NEEDS_STARTTLS)
        case smtplib.SMTPSenderRefused() if _wants_login(error.smtp_code, error.smtp_error):
            return _login_wanted(error.smtp_code, error.smtp_error, peer, hidden)
        case smtplib.SMTPAuthenticationError() if _is_temporary(error.smtp_code):
            return refused(f"smtp_{error.smtp_code}", "could not check the login just now.", permanent=False)
        case smtplib.SMTPAuthenticationError():
            advice = "Check EMAIL_HOST_USER and EMAIL_HOST_PASSWORD."
            return refused("smtp_auth", f"refused the login ({error.smtp_code}). {advice}")
        case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(error):
            return refused("smtp_starttls", "offers no STARTTLS on this port. Check EMAIL_PORT and EMAIL_USE_TLS.")
        case smtplib.SMTPRecipientsRefused():
            return _recipients_refused(error.recipients, peer, hidden)
        case smtplib.SMTPDataError() if not _is_temporary(error.smtp_code):
            return refused("smtp_content", f"refused this message: {shown(error.smtp_code, error.smtp_error, hidden)}.")
        case smtplib.SMTPSenderRefused():
            said = f"{shown(error.smtp_code, error.smtp_error, hidden)}. Check DEFAULT_FROM_EMAIL."
            is_final = not _is_temporary(error.smtp_code)
            return refused(f"smtp_{error.smtp_code}", f"refused the sender: {said}", permanent=is_final)
        case smtplib.SMTPResponseException() if error.smtp_code > 0:
            said, is_final = shown(error.smtp_code, error.smtp_error, hidden), not _is_temporary(error.smtp_code)
            return refused(f"smtp_{error.smtp_code}", f"answered {said}.", permanent=is_final)
        case smtplib.SMTPServerDisconnected() | smtplib.SMTPResponseException():
            return connection_failed(ConnectionResetError(), peer)
        case smtplib.SMTPException():
            advice = "Check EMAIL_PORT, or leave EMAIL_HOST_USER empty."
            return refused("smtp_auth", f"offers no way to log in that we know on this port. {advice}")
        case ssl.SSLError() if error.reason in _NO_TLS:
            advice = "Check EMAIL_PORT, EMAIL_USE_SSL."
            return refused("tls", f"does not speak TLS on this port. {advice}", permanent=False)
        case _:
            return connection_failed(error, peer)


def sorted_out(replies: Replies, secrets: Iterable[str] = ()) -> tuple[dict[str, str], dict[str, str]]:
    """Recipients turned away while others got the mail: (for good, for now), each with what the server said."""
    hidden = list(_spellings(secrets))
    refused: dict[str, str] = {}
    deferred: dict[str, str] = {}
    for address, (code, said) in replies.items():
        (deferred if _is_temporary(code) else refused)[address] = shown(code, said, hidden)
    return refused, deferred


def shown(code: int, said: bytes | str, hidden: Iterable[str] = ()) -> str:
    """A server's reply as one harmless line; our own secrets are masked where it repeats them."""
    text = _text(said)
    for secret in hidden:
        text = text.replace(secret, _MASK)
    return one_line(f"{code} {text}", 200).rstrip(".")


def _recipients_refused(replies: Replies, peer: str, hidden: list[str]) -> DeliveryError:
    """Nobody got the mail. One that may be accepted later makes the whole worth trying again."""
    temporary = [reply for reply in replies.values() if _is_temporary(reply[0])]
    code, said = temporary[0] if temporary else next(iter(replies.values()), (550, b""))
    if not temporary and _wants_login(code, said):
        return _login_wanted(code, said, peer, hidden)
    names = one_line(", ".join(replies), 200)
    when = "for now" if temporary else "for good"
    return DeliveryError(
        f"smtp_{code}",
        f"{_capital(peer)} turned away every recipient {when} ({names}): {shown(code, said, hidden)}.",
        permanent=not temporary,
    )


def _wants_tls(error: smtplib.SMTPResponseException) -> bool:
    """RFC 3207 (4): 530 "Must issue a STARTTLS command first"; RFC 4954 (6): 538 to a login in the clear."""
    return error.smtp_code == 538 or (error.smtp_code == 530 and "STARTTLS" in _text(error.smtp_error).upper())


def _wants_login(code: int, said: bytes | str) -> bool:
    """RFC 4954 (6): 530 before a login; some servers choose another 5xx and say it in words."""
    return code == 530 or (code in {503, 550, 553, 554} and "authenticat" in _text(said).lower())


def _login_wanted(code: int, said: bytes | str, peer: str, hidden: Iterable[str]) -> DeliveryError:
    message = f"{_capital(peer)} wants a login first: {shown(code, said, hidden)}."
    advice = "Set EMAIL_HOST_USER and EMAIL_HOST_PASSWORD."
    return DeliveryError("smtp_needs_login", f"{message} {advice}", permanent=True)


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _is_temporary(code: int) -> bool:
    return not 500 <= code <= 599


def _spellings(secrets: Iterable[str]) -> Iterable[str]:
    """A secret as such and as SMTP's AUTH LOGIN sends it."""
    for secret in secrets:
        if secret:
            yield secret
            yield base64.b64encode(secret.encode()).decode()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
