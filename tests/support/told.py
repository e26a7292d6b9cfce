"""What people received, counted: the sums every fault story ends with."""

from collections.abc import Callable

from tests.sandbox import Sandbox

LONG = 90.0


def in_slack(sandbox: Sandbox, project: str, word: str = "firing") -> list[str]:
    """Slack messages that name the project and hold the word in any case."""
    return [each.text for each in sandbox.slack.messages if project in each.text and word in each.text.lower()]


def by_mail(sandbox: Sandbox, project: str, word: str = "firing") -> list[str]:
    """Subjects of mails that name the project and hold the word in any case."""
    subjects = [str(each.message["Subject"]) for each in sandbox.mail.messages]
    return [subject for subject in subjects if project in subject and word in subject.lower()]


def wait_until_told(sandbox: Sandbox, project: str, word: str = "firing", timeout: float = LONG) -> None:
    """Until both channels have it."""
    sandbox.slack.wait_for(lambda _: in_slack(sandbox, project, word), timeout)
    sandbox.mail.wait_for(lambda _: by_mail(sandbox, project, word), timeout)


def once(sandbox: Sandbox, project: str, settle: Callable[[], None], word: str = "firing") -> None:
    """Both channels have it, and after `settle` (a few more ticks) still only once."""
    wait_until_told(sandbox, project, word)
    settle()
    assert len(in_slack(sandbox, project, word)) == 1, in_slack(sandbox, project, "")
    assert len(by_mail(sandbox, project, word)) == 1, by_mail(sandbox, project, "")
