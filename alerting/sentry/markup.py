"""Secrets in markup: elements, attributes that name a value beside them, form fields, forms sent in parts."""

import re
from html import escape

from alerting.sentry.keys import Names
from alerting.sentry.patterns import MARKER
from alerting.sentry.speech import HOLE
from alerting.sentry.verdict import Verdict

_ELEMENT = re.compile(
    r"<(?P<tag>(?:[\w-]{1,40}:)?(?P<name>[\w.-]{1,80}))(?P<attributes>\s[^<>]{0,400})?>(?P<value>[^<>]{1,8192})(?P<end></|$)"
)
_CDATA = re.compile(r"<(?P<name>[\w.:-]{1,80})>\s*<!\[CDATA\[(?P<value>.{0,8192}?)\]\]>", re.DOTALL)
_PART = re.compile(
    r"(?P<head>\bname=\\?[\"']?(?P<name>[^\"'\r\n;\\]{1,120})\\?[\"']?[^\r\n\\]{0,300}"
    r"(?:(?:\r?\n|\\{1,3}r\\{1,3}n|\\{1,3}n)[\w-]{1,40}:[^\r\n\\]{0,200}){0,6}(?:\r?\n|\\{1,3}r\\{1,3}n|\\{1,3}n){2})(?P<value>.{1,8192}?)"
    r"(?=(?:\r?\n|\\{1,3}r\\{1,3}n|\\{1,3}n)--|$)",
    re.DOTALL,
)
_TAG = re.compile(r"<[A-Za-z][\w:.-]{0,60}\s(?P<attributes>[^<>]{1,2000})>?(?P<value>[^<>\s][^<>]{0,8191})?")
_ATTRIBUTE = re.compile(r"(?P<name>[\w:.-]{1,60})\s?=\s?(?P<quote>\\{0,4}[\"'])(?P<value>[^\"'<>]{0,2000}?)(?P=quote)")
_PASSWORD_FIELD = re.compile(r"\btype\s?=\s?\\{0,4}[\"']?password\b", re.IGNORECASE)
_NAMING = frozenset("name key id property http-equiv itemprop param field".split())
_VALUES = frozenset("value content".split())
_BESIDE = re.compile(
    r"<(?P<tag>name|key|string|Name|Key)>\s{0,9}(?P<name>[\w .-]{1,80}?)\s{0,9}</(?P=tag)>\s{0,40}"
    r"(?:<\w{1,40}>\s{0,40}){1,2}(?P<value>[^<>]{1,8192})"
)
_ENTITY = re.compile(r"&(?:quot|#34|#x22|#39|#x27|apos|lt|gt);", re.IGNORECASE)
# contrase\u00f1a, \u0026token=, b'contrase\xc3\xb1a'
_WRITTEN_OUT = re.compile(r"\\{1,2}u(?P<code>00(?:2[2-7]|3[a-fA-F])|(?!d[89a-f]|00[01])[0-9a-fA-F]{4})")
_BYTES = re.compile(r"\\{1,2}x[c-f][0-9a-f](?:\\{1,2}x[89ab][0-9a-f]){1,3}")
_PLAIN = {"&#39;": "'", "&#x27;": "'", "&apos;": "'", "&lt;": "<", "&gt;": ">"}


def without_elements(text: str, names: Names) -> str:
    """The text with the contents of XML elements that bear a secret's name replaced."""

    def cut(match: re.Match[str]) -> str:
        told = match["value"].strip()
        if names.judge(match["name"]) <= Verdict.ADDRESS or not told or HOLE.fullmatch(told) or _is_hole(match):
            return match[0]
        start, end = match.start("value") - match.start(), match.end("value") - match.start()
        return f"{match[0][:start]}{MARKER}{match[0][end:]}"

    text = _ELEMENT.sub(cut, text)
    text = _BESIDE.sub(cut, text)
    text = _TAG.sub(lambda match: _without_attributes(match, names), text)
    return _CDATA.sub(cut, text) if "CDATA" in text else text


def _is_hole(match: re.Match[str]) -> bool:
    """Whether what looks like an element cut short is a hole in a route or a hint: /reset/<token>/."""
    if match.re is not _ELEMENT or match["end"]:
        return False
    return match.string[: match.start()].strip("b'\"")[-1:] not in {"", ">"} or not match["value"].lstrip()[0].isalnum()


def _without_attributes(match: re.Match[str], names: Names) -> str:
    """A tag such as <input name="csrf_token" value="…"> or <param name="token">…, without the value it names."""
    found = list(_ATTRIBUTE.finditer(match.string, match.start("attributes"), match.end("attributes")))
    if not _PASSWORD_FIELD.search(match["attributes"]) and not any(
        item["name"].lower() in _NAMING and names.judge(item["value"]) > Verdict.ADDRESS for item in found
    ):
        return match[0]
    spans = [
        item.span("value")
        for item in found
        if item["name"].lower() in _VALUES and item["value"] and not HOLE.fullmatch(item["value"])
    ]
    if (
        not spans
        and match["value"]
        and match[0].startswith(("<param", "<property", "<entry", "<item", "<field", "<string"))
    ):
        spans = [match.span("value")]
    text, done = "", match.start()
    for start, end in spans:
        text += match.string[done:start] + MARKER
        done = end
    return text + match.string[done : match.end()]


def with_written_out(text: str) -> str:
    """The text with the letters that JSON, JavaScript and the repr of bytes write as numbers."""
    text = _WRITTEN_OUT.sub(lambda match: chr(int(match["code"], 16)), text)
    return _BYTES.sub(_decoded, text) if "\\x" in text else text


def _decoded(match: re.Match[str]) -> str:
    try:
        return bytes.fromhex(match[0].replace("\\", "").replace("x", "")).decode()
    except ValueError:
        return match[0]


def unescaped(text: str) -> str:
    """The text with the quotes and brackets that HTML writes as entities."""
    return _ENTITY.sub(lambda match: _PLAIN.get(match[0].lower(), '"'), text)


def escaped_as(text: str, cleaned: str) -> str:
    """The text as HTML again; signs that stood there as they are stay so."""
    for sign in "<>\"'":
        if sign not in text:
            cleaned = cleaned.replace(sign, escape(sign))
    return cleaned


def without_parts(text: str, names: Names) -> str:
    """The text with the secret fields of a form sent in parts (multipart/form-data) replaced."""

    def cut(match: re.Match[str]) -> str:
        secret = names.judge(match["name"]) > Verdict.ADDRESS
        return f"{match['head']}{MARKER}" if secret else match[0]

    return _PART.sub(cut, text)
