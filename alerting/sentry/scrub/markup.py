"""Secrets in markup: elements, and attributes that name a value beside them."""

import re
from collections.abc import Iterator

from alerting.sentry.scrub.names import Names
from alerting.sentry.scrub.values import holds_nothing
from alerting.sentry.scrub.work import Cut, Work

_TAG = re.compile(
    r"<(?P<tag>(?:[\w-]{1,40}+:)?(?P<name>[\w.-]{1,80}+))(?P<attributes>\s[^<>]{0,2000}+)?>?"
    r"(?:\s{0,9}<!\[CDATA\[(?P<data>[^\]]{0,4000}+)|(?P<text>[^<>]{1,4000}+)(?P<end></|\Z))?"
)
_ATTRIBUTE = re.compile(
    r"(?P<name>[\w:.-]{1,60}+)\s?=\s?(?P<quote>\\{0,4}[\"']?)(?P<value>[^\"'<>]{0,2000}?)(?P=quote)(?=[\s/\\]|\Z)"
)
_PART = re.compile(
    r"\bname=\\?[\"']?(?P<name>[^\"'\r\n;\\]{1,120})\\?[\"']?[^\r\n]{0,300}"
    r"(?:\r?\n[\w-]{1,40}:[^\r\n]{0,200}){0,6}\r?\n\r?\n"
)
_BESIDE = re.compile(
    r"<(?P<tag>name|key|string|Name|Key)>\s{0,9}(?P<name>[\w .-]{1,80}?)\s{0,9}</(?P=tag)>\s{0,40}"
    r"(?:<\w{1,40}>\s{0,40}){1,2}(?P<value>[^<>]{1,4000}+)"
)
_NAMING = frozenset("name key id property http-equiv itemprop param field".split())
_VALUES = frozenset("value content".split())
_HOLDERS = frozenset("param property entry item field string".split())


def find(text: str, names: Names, work: Work) -> Iterator[Cut]:
    """Where elements and form fields with a secret's name hold their values."""
    if ">" in text or "</" in text:
        for match in _TAG.finditer(text):
            work.spend(60)
            yield from _element(text, match, names)
        for match in _BESIDE.finditer(text):
            if names.are_secret(match["name"]):
                yield (*match.span("value"), "element")
    if "name=" in text and "\n" in text:
        yield from _parts(text, names, work)


def _parts(text: str, names: Names, work: Work) -> Iterator[Cut]:
    done = 0
    for match in _PART.finditer(text):
        work.spend(100)
        if match.start() < done or not names.are_secret(match["name"]):
            continue
        done = text.find("\n--", match.end())
        done = len(text) if done < 0 else done
        value = text[match.end() : done].rstrip("\r")
        if not holds_nothing(value.strip()):
            yield match.end(), match.end() + len(value), "form-part"


def _element(text: str, match: re.Match[str], names: Names) -> Iterator[Cut]:
    name, held = match["name"], "data" if match["data"] is not None else "text"
    told = (match[held] or "").strip()
    if told and names.are_secret(name) and not holds_nothing(told):
        closed = held == "data" or match["end"] == "</"
        opens = text[: match.start()].strip("b'\"")[-1:] in {"", ">"} and told[0].isalnum()
        if closed or opens:
            yield (*match.span(held), "element")
    attributes = match["attributes"]
    if not attributes or "=" not in attributes:
        return
    found = list(_ATTRIBUTE.finditer(text, *match.span("attributes")))
    hidden = any(one["name"].lower() == "type" and one["value"].lower() == "password" for one in found)
    if not hidden and not any(one["name"].lower() in _NAMING and names.are_secret(one["value"]) for one in found):
        return
    values = [
        one for one in found if one["name"].lower() in _VALUES and one["value"] and not holds_nothing(one["value"])
    ]
    for one in values:
        yield (*one.span("value"), "attribute")
    if not values and told and name in _HOLDERS:
        yield (*match.span("text"), "attribute")
