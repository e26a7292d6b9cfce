"""Secrets that show by their shape, wherever they stand: vendors' tokens, JSON web tokens, private keys, web hooks."""

import re

MARKER = "[Filtered]"

# How vendors begin their tokens, from their own documentation.
_TOKENS = (
    # version control
    r"gh[pousr]_[A-Za-z0-9]{16,255}",
    r"github_pat_[A-Za-z0-9_]{16,255}",
    r"gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[\w-]{16,300}",
    r"AT(?:ATT|CTT|BB)[A-Za-z0-9][\w=-]{16,300}",
    # clouds
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,16}",
    r"AIza[\w-]{24,60}",
    r"ya29\.[\w-]{16,300}",
    r"GOCSPX-[\w-]{16,60}",
    r"1//0[\w-]{24,200}",
    r"do[opr]_v1_[a-f0-9]{16,64}",
    r"LTAI[A-Za-z0-9]{12,30}",
    r"dapi[0-9a-f]{32}",
    r"hv[bsr]\.[\w-]{20,300}",
    r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{16,100}",
    r"HRKU-[\w-]{20,100}",
    r"fo1_[\w-]{20,100}",
    r"fm[12]_[A-Za-z0-9+/=_-]{40,600}",
    r"pscale_(?:tkn|pw|oauth|pw)_[\w.-]{16,100}",
    r"sbp_[a-f0-9]{40}",
    r"nfp_[A-Za-z0-9]{36,60}",
    r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{30,100}",
    r"cf(?:ut|at|k)_[A-Za-z0-9_-]{30,60}",
    r"tskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9-]{16,80}",
    r"vercel_(?=[A-Z]*[a-z]{0,40}[A-Z\d])[A-Za-z0-9]{20,40}",
    r"(?:sb_secret|cio_(?:live|test)|shippo_(?:live|test)|duffel_(?:live|test))_[\w-]{16,60}",
    r"FLWSECK(?:_TEST)?-[A-Za-z0-9]{12,40}(?:-X)?",
    r"(?:pul|pplx)-[a-f0-9]{40,56}",
    r"(?:sdk|mob|api|pat-[a-z]{2}\d)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    r"v1\.0-[a-f0-9]{24}-[a-f0-9]{100,160}",
    # talk
    r"xox[abcdeprs](?:\.xox[a-z])?-(?=[\w%.-]{0,60}\d)[\w%.-]{8,300}",
    r"xapp-\d-[\w-]{9,300}",
    r"\d{8,10}:[A-Za-z0-9_-]{34,50}",
    r"[MNO](?=[\w-]{0,26}\d)[A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,45}",
    # money
    r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{8,250}",
    r"whsec_[A-Za-z0-9+/=]{16,100}",
    r"shp(?:at|ca|pa|ss|tka)_[a-fA-F0-9]{16,64}",
    r"sq0[a-z]{3}-[\w-]{20,60}",
    r"EAAA[\w-]{50,80}",
    r"rzp_(?:live|test)_[A-Za-z0-9]{10,40}",
    r"access-(?:sandbox|development|production)-[0-9a-f-]{36}",
    r"access_token\$(?:production|sandbox)\$[a-z0-9]{10,40}\$[a-f0-9]{20,40}",
    r"EZ[AT]K[A-Za-z0-9]{50,70}",
    # mail
    r"SG\.[\w-]{12,40}(?:\.[\w-]{0,80})?",
    r"xkeysib-[a-f0-9]{20,80}(?:-[A-Za-z0-9]{0,30})?",
    r"key-[0-9a-z]{32}",
    r"[0-9a-f]{32}-us\d{1,2}",
    r"SK[0-9a-f]{32}",
    # models
    r"sk-(?=[\w-]{0,60}\d)(?=[\w-]{0,120}[A-Za-z0-9_]{14})[\w-]{16,300}",
    r"gsk_[A-Za-z0-9]{30,80}",
    r"xai-[A-Za-z0-9]{40,100}",
    r"hf_(?=[A-Z]*[a-z]{0,60}[A-Z\d])[A-Za-z0-9]{16,60}",
    r"r8_[A-Za-z0-9]{30,50}",
    r"rpa_[A-Z0-9]{30,60}",
    r"tvly-(?:dev-)?[A-Za-z0-9]{20,60}",
    r"nvapi-[\w-]{40,80}",
    r"AQ\.Ab8[\w-]{30,80}",
    r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}",
    # packages
    r"npm_[A-Za-z0-9]{16,60}",
    r"pypi-(?=[a-z\d_-]{0,60}[A-Z])[\w-]{16,300}",
    r"rubygems_[a-f0-9]{40,64}",
    r"CLOJARS_[a-z0-9]{50,70}",
    r"pnu_[a-z0-9]{36}",
    r"dckr_(?:pat|oat)_[\w-]{16,60}",
    # observing
    r"sntry[a-z]_[A-Za-z0-9+/=_.-]{16,500}",
    r"gl(?:c|sa)_[A-Za-z0-9+/=_]{16,300}",
    r"NR(?:AK|JS|AA|RA|BR)-[A-Za-z0-9]{16,40}",
    r"phx_[A-Za-z0-9]{30,60}",
    r"dt0[a-z]\d{2}\.[A-Z0-9]{20,40}(?:\.[A-Z0-9]{40,80})?",
    r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}",
    r"EAAC[A-Za-z0-9]{24,300}|EAA[A-Z][A-Za-z0-9]{90,300}",
    # private keys without their frame, by the numbers they begin with
    r"(?:MII[\w+/]{3}IBA[AD]|MHcCAQEE|MIGHAgEA|MC4CAQAwBQYDK2V)[A-Za-z0-9+/=]{20,8000}"
    r"(?:(?:\r?\n|\\{1,3}n)[A-Za-z0-9+/=]{16,100}){0,100}",
    # work
    r"lin_(?:api|oauth)_[A-Za-z0-9]{20,80}",
    r"secret_[A-Za-z0-9]{32,60}",
    r"ntn_[A-Za-z0-9]{30,60}",
    r"tfp_[A-Za-z0-9_]{40,70}",
    r"aio_(?=[A-Za-z]{0,27}\d)[A-Za-z0-9]{28}",
    r"rdme_[a-z0-9]{60,80}",
    r"re_(?=\w{0,40}\d)[A-Za-z0-9]{8}_[A-Za-z0-9]{20,30}",
    r"sl\.(?=[\w-]{0,60}\d)[\w-]{60,400}",
    r"v[1-4]\.(?:local|public)\.[\w-]{32,2000}(?:\.[\w-]{0,400})?",
    r"figd_[\w-]{20,60}",
    r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}",
    r"AGE-SECRET-KEY-1[A-Z0-9]{20,80}",
    r"CCIPAT_[\w]{20,100}",
)
_HOOKS = (
    r"https://hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[\w/+-]{8,200}",
    r"(?<=/services/)T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{20,40}",
    r"(?<=/webhooks/)\d{17,20}/[\w-]{40,120}",
    r"https://(?:\w{1,20}\.)?discord(?:app)?\.com/api(?:/v\d+)?/webhooks/\d+/[\w-]{8,120}",
    r"https://[\w.-]{1,60}\.webhook\.office\.com/[\w@/-]{8,300}",
    r"https://outlook\.office(?:365)?\.com/webhook/[\w@/-]{8,300}",
    r"https://hooks\.zapier\.com/hooks/(?:catch|standard)/[\w/-]{8,100}",
    r"https://maker\.ifttt\.com/trigger/\w{1,60}/(?:json/)?with/key/[\w-]{10,100}",
    r"https://open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/[\w-]{20,60}",
    r"https://events\.pagerduty\.com/(?:integration|generic|x-ere)/[\w/-]{20,100}",
    r"https://hc-ping\.com/[0-9a-f-]{36}",
    r"https://api\.telegram\.org/bot[\w:-]{16,80}",
    r"(?<=/bot)\d{8,10}:[\w-]{30,50}",
)
_JSON_WEB = r"eyJ[\w-]{6,4096}(?:\.[\w-]{0,4096}){0,4}"
SHAPES = re.compile(
    rf"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{{2}}))(?:{'|'.join((*_TOKENS, _JSON_WEB))})|{'|'.join(_HOOKS)}"
)
# A necessary sign of every shape above, and quick to look for.
_LONG_WORD = re.compile(r"(?<![\w-])[\w-]{16}")
PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
PRIVATE_KEY_TAIL = re.compile(r"[\w+/=\\\s-]{0,8000}-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
PRIVATE_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY")
PRIVATE_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY")
_HASHES = re.compile(
    r"(?:pbkdf2_\w{3,8}|bcrypt(?:_sha256)?|argon2|scrypt|md5|sha1)\$[\w$,=./+-]{16,512}={0,2}"
    r"|\$(?:2[abxy]?|argon2\w{1,2}|pbkdf2[\w-]{0,10}|scrypt|[156y]|apr1|P|H|7)\$[\w$,=./+-]{16,512}={0,2}"
)
_SCHEME_NAMES = "auth bearer basic token apikey digest negotiate ntlm geniekey ssws dpop".split()
SCHEMES = re.compile(
    r"\b(?P<scheme>AUTH (?:PLAIN|LOGIN|XOAUTH2?)|Bearer|Basic|Token|ApiKey|Digest|Negotiate|NTLM|GenieKey|SSWS|DPoP)"
    r"(?P<gap>\s{1,3}|%20|\+)"
    r"(?P<value>(?!HTTP/|sha\d|md5)[\w.~+/$%!*-]{6,4096}={0,2})(?!\w)",
    re.IGNORECASE,
)
_CREDENTIAL = re.compile(r"\d|[a-z][A-Z]|=$|.{25}")
_ORDINARY = re.compile(r"[A-Z]?[a-z]+(?:['’-][a-z]+)*[.!]?|[A-Z]+[.!]?")


def looks_random(text: str) -> bool:
    """Whether a text is no ordinary word: it has a digit, a symbol or capitals inside, or is very long."""
    return len(text) > 24 or not _ORDINARY.fullmatch(text)


def without_shapes(text: str) -> str:
    """The text with every secret that shows by its shape replaced."""
    if "-----" in text:
        text = PRIVATE_KEY.sub(MARKER, text)
        if "PRIVATE KEY" in text:
            text = PRIVATE_KEY_TAIL.sub(MARKER, text)
    if _LONG_WORD.search(text) or "eyJ" in text or "SG." in text or "xox" in text or "https://" in text:
        text = SHAPES.sub(MARKER, text)
    if "$" in text:
        text = _HASHES.sub(MARKER, text)
    return text


def without_credentials(text: str, lowered: str) -> str:
    """The text with what follows the name of an authorization scheme replaced, where it looks like a credential.

    `lowered` is the text in lower case, or as it was before other rules.
    """
    if not any(name in lowered for name in _SCHEME_NAMES):
        return text

    def cut(match: re.Match[str]) -> str:
        if not _CREDENTIAL.search(match["value"]):
            return match[0]
        return f"{match['scheme']}{match['gap']}{MARKER}"

    return SCHEMES.sub(cut, text)
