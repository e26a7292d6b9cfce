"""Local stand-ins for Sentry, Slack and a mail server, on real sockets: `with Sandbox() as sandbox: …`."""

from tests.sandbox.faults import Fault
from tests.sandbox.server import Sandbox

__all__ = ["Fault", "Sandbox"]
