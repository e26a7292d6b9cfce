"""Links into Sentry's pages that show the same project, window and environment as a notice. Pure."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from alerting.rules.model import Reading, Rule


@dataclass(frozen=True, slots=True)
class Links:
    """Where people look things up: the Sentry they use in a browser, and their organisation's slug."""

    base_url: str
    organisation: str

    def to(self, rule: Rule, reading: Reading) -> str:
        """The page for one reading; an issue's own page where there is one that belongs to this Sentry."""
        if reading.issue is not None and self._is_ours(reading.issue.permalink):
            return reading.issue.permalink
        pairs = [("project", reading.project.id)]
        pairs += [("environment", name) for name in reading.environment.split(",") if name]
        if reading.window.seconds:
            start, end = (each.replace(tzinfo=None) for each in (reading.window.start, reading.window.end))
            pairs += [("start", start.isoformat()), ("end", end.isoformat()), ("utc", "true")]
        path, query = rule.kind.link(rule, reading)
        pairs += [("query", query)]
        return f"{self.base_url.rstrip('/')}/organizations/{quote(self.organisation)}/{path}?{urlencode(pairs)}"

    def _is_ours(self, url: str) -> bool:
        ours, theirs = urlsplit(self.base_url), urlsplit(url)
        host, target = ours.hostname or "", theirs.hostname or ""
        if theirs.scheme not in {"https", ours.scheme} or any(ord(char) <= 32 for char in url):
            return False
        return target == host or target.endswith(f".{host}")
