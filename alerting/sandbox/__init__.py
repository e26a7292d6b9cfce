"""Local stand-ins for Sentry, Slack and a mail server, on real sockets: `with Sandbox() as sandbox: …`."""

from alerting.sandbox.faults import Fault
from alerting.sandbox.server import Sandbox

__all__ = ["Fault", "Sandbox"]
