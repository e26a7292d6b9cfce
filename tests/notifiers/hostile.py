"""Texts that somebody who can raise an exception in a watched app could put into a notice."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from alerting.outbox.message import Kind, Line, Notice, TopError, Trend

PIECES = (
    "<!channel>",
    "<!here|here>",
    "<@U123>",
    "<#C1|general>",
    "<http://evil.example|click>",
    "http://evil.example/login",
    "@here",
    "@channel now",
    "*bold* _italic_ ~gone~ `code` ```block```",
    "> quote",
    "\u202egnp.exe\u202c",
    "\u2066isolate\u2069",
    "zero\u200bwidth\u200d\u2060\ufeff",
    "\r\nBcc: victim@example.com",
    "\n\n<script>alert(1)</script>",
    "line\u2028separator\u2029paragraph\x85next\x0bvertical\x0cform",
    "<img src=x onerror=alert(1)>",
    "&amp;lt;b&gt;",
    "{{ 7|add:7 }} {% include 'x' %} %s %(a)s {0}",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \x1bc",
    "\x00\x07\x08\x7f",
    "\ud800lone\udfff",
    "e" + "\u0301" * 50,
    "👩‍👩‍👧 🇩🇪🇫🇷 👍🏽",
    "A" * 10_000,
    "&" * 10_000,
    "`*_~<>&" * 1500,
)

texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(st.characters(), max_size=40)), min_size=1, max_size=4).map(
    "".join
)


@dataclass(frozen=True)
class Recipe:
    """What a hostile notice is made of; small to print, other than the notice."""

    kind: Kind
    text: str = field(repr=False)
    lines: int
    notes: int
    at: str
    resolved_at: str
    link: str = field(repr=False)

    def notice(self) -> Notice:
        """A notice in which every text that comes from events, and every one of ours, is the hostile one."""
        text, at = self.text, "2026-11-23T12:00:00Z"
        if self.lines:
            line = Line("first", text, "high", text, text, text, text, at, text, self.link + text)
            return Notice(
                kind=Kind.DIGEST,
                key=text,
                headline=text,
                sentence=text,
                severity=text,
                at=self.at,
                reason=text,
                notes=(text,) * self.notes,
                lines=(line,) * self.lines,
                totals={text: 3, f"{text}: first": 4},
            )
        return Notice(
            kind=self.kind,
            key=text,
            headline=text,
            sentence=text,
            severity="high",
            at=self.at,
            rule=text,
            rule_title=text,
            project=text,
            environment=text,
            value=text,
            threshold=text,
            peak=text,
            reason=text,
            window_start="2026-11-23T11:55:00Z",
            window_end=at,
            sample=text,
            dataset=text,
            first_error_at="2026-11-23T11:58:00Z",
            opened_at="2026-11-23T11:59:00Z",
            resolved_at=self.resolved_at,
            link=self.link + text[:200],
            issue={"title": text, "culprit": text, "first_seen": text},
            notes=(text,) * self.notes,
            errors=3,
            top_errors=(TopError(text, text, 2, at, self.link + text[:200], text),) * 3,
            trend=Trend((0.0, 1e308, 5.0), 10.0, at),
            in_hand=text,
        )


recipes = st.builds(
    Recipe,
    kind=st.sampled_from(Kind),
    text=st.builds(lambda text, limit: text[:limit], texts, st.sampled_from((60, 400, 12_000))),
    lines=st.sampled_from((0, 0, 1, 75)),
    notes=st.integers(0, 12),
    at=st.sampled_from(("2026-11-23T12:00:00Z", "", "not a time")),
    resolved_at=st.sampled_from(("", "2026-11-23T12:00:00Z")),
    link=st.sampled_from(("", "https://sentry.io/organizations/a/issues/?query=")),
)
