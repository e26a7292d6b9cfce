"""What came of a click, told to whoever clicked, through the address that Slack sent with the click.

With that address anybody can write to them for half an hour. So it is asked from here and passed on to nobody: it
stands in no row, no task, no log, and only Slack is sent anything.
"""

import logging
from urllib.parse import urlsplit

from alerting.config_values import is_loopback
from alerting.errors import DeliveryError
from alerting.notifiers.escape import mrkdwn
from alerting.notifiers.slack.notifier import ask, within
from alerting.notifiers.slack.slack_http import Webhook

logger = logging.getLogger(__name__)

SECONDS = 5.0
# GovSlack is another place: slack-sdk speaks to it where its base URL is this one, and so do we.
GOV_API_HOST, GOV_HOST = "slack-gov.com", "hooks.slack-gov.com"
HOST = "hooks.slack.com"


def tell(url: str, sentence: str, api_url: str) -> None:
    """Show the sentence to who clicked, and to nobody else; tried once, and where that fails only the log says so.

    `api_url` is where Slack's Web API is, and says which Slack's addresses are good: GovSlack's are others, and a
    stand-in on this machine may name itself.
    """
    if not is_slacks(url, api_url):
        logger.warning("a click came without an address of Slack's for answers, so whoever clicked was told nothing")
        return
    # "ephemeral" is for them alone; what they clicked on stays.
    body = {"response_type": "ephemeral", "replace_original": False, "text": mrkdwn(sentence)}
    outcome = within(SECONDS, lambda transport: ask(transport, lambda: Webhook(url, transport).send_dict(body)))
    if isinstance(outcome, DeliveryError):
        logger.warning("whoever clicked in Slack could not be told what came of it (%s)", outcome.reason)


def is_slacks(url: str, api_url: str) -> bool:
    """Whether an answer may go there: to Slack, or to the stand-in on this machine that is spoken to anyway."""
    try:
        there, api = urlsplit(url), urlsplit(api_url)
    except ValueError:
        return False
    is_stand_in = is_loopback(api.hostname or "") and (there.scheme, there.netloc) == (api.scheme, api.netloc)
    host = GOV_HOST if api.hostname == GOV_API_HOST else HOST
    return (there.scheme, there.netloc) == ("https", host) or is_stand_in
