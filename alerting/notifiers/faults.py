"""What a connection that failed means, whatever the channel: always temporary, always without addresses or secrets."""

import socket
import ssl

from alerting.errors import DeliveryError, HttpError
from alerting.http.certificates import OWN_AUTHORITY, CertificateMistakeError


def connection_failed(error: BaseException, peer: str, *, too_slow: bool = False) -> DeliveryError:
    """The delivery error for a failure below the protocol. `peer` is how people know the other side.

    Nothing of the exception's own text is passed on: it may quote what we sent. `too_slow` says that our own limit
    ended the conversation, so that whatever was seen is only its echo.
    """
    match error:
        case _ if too_slow:
            return DeliveryError("timeout", f"{peer} did not answer in time.")
        case HttpError():
            return DeliveryError(error.fault, str(error))
        case socket.gaierror():
            return DeliveryError("dns", f"The name of {peer} could not be resolved.")
        case ssl.SSLCertVerificationError():
            return DeliveryError(
                "tls_certificate",
                f"The certificate of {peer} was not accepted: {_verdict(error)}. Nothing was sent. {OWN_AUTHORITY}",
            )
        case CertificateMistakeError():
            return DeliveryError("tls_certificate", f"{error}.")
        case ssl.SSLError():
            return DeliveryError("tls", f"The TLS conversation with {peer} failed.")
        case TimeoutError():
            return DeliveryError("timeout", f"{peer} did not answer in time.")
        case ConnectionRefusedError():
            return DeliveryError("connection_refused", f"{peer} refused the connection: nothing listens there.")
        case ConnectionError():
            return DeliveryError("connection_lost", f"The connection to {peer} broke off.")
        case OSError():
            return DeliveryError("unreachable", f"{peer} could not be reached.")
        case _:
            return DeliveryError("internal_error", f"Speaking to {peer} failed with {type(error).__name__}.")


def _verdict(error: ssl.SSLCertVerificationError) -> str:
    return str(getattr(error, "verify_message", "") or "not verified")[:120]
