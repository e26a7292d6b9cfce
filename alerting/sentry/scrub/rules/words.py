"""The words by which names are judged: which announce a secret, alone or in pairs, and which speak against it."""

from alerting.sentry.scrub.rules.secrecy import Secrecy

WITH_DIGITS = frozenset({"cvv2", "cvc2", "2fa", "last4", "oauth2"})

# What the last word may be for the value to be about the secret instead of being it.
ABOUT = frozenset(
    """
    address color colour db flow mechanism methods origins
    filter filters
    age alg algorithm allowed alias at attempt attempts author backend backends balance budget bucket cache
    category change changed changes chars check checked checks class cls column columns config configured consent count
    counter created ctx date days default deleted description domain duration enabled encoding endpoint
    engine entropy env error errors event exempt exists exp expected expiration expire expired expires expiry
    factory failed failure failures feature field fields file filename fingerprint flag form format generator
    group handler hasher hashers header headers helper hint host hours httponly icon id ids index info input
    interval invalid issued issuer kind label language last4 layout len length level lifetime limit link list
    location logger manager max message meta metadata method middleware min minutes missing mode model module
    dir directory folder mount
    name names namespace needed notice num number numbers options order owner page param parameter
    params parser path paths plugin policy prefix present processor prompt protocol provider providers
    quality quota rate ratio reader reason receiver redirect regex region remaining renewed required
    requirement requirements reset resource response result results revoked role rotated rotation rule rules
    samesite saved schema scheme score scope scopes screen seconds sender serializer server service
    set settings signal size sock socket source spec start started state status step storage store strategy strength
    style suffix supported table tag task template test text time timeout timestamp title total ttl type
    bits bytes desktop domains hosts iterations kb lookup ms ns origins rounds sec secs servers us
    types updated url urls usage use used user username users uri valid validated validation validator
    validators verified version versions view visible width writer
    """.split()
)
# The same at a name's start: has_password, max_tokens, num_sessions.
ASKING = frozenset(
    """
    allow allows allowed can count disable enable enabled has hide ignore is max maximum min minimum must need needs
    no num number require required requires should show skip supports total use uses with without
    """.split()
)


VAULTS = frozenset(
    """
    authorization authorisation cookie cookies credential credentials creds kennwort motdepasse passwd passphrase
    passwort password passwords pw pwd secret secrets senha wachtwoord contrasena contraseña pass passcode
    passe apikey apikeys pswd pword passw0rd passord пароль 密码 密碼 口令 パスワード 비밀번호 암호 hasło haslo
    lösenord losenord adgangskode kodeord salasana şifre sifre parola clave lozinka heslo jelszó
    jelszo κωδικός סיסמה المرور
    """.split()
)
STRONG = frozenset(
    """
    otp totp hotp pin pincode cvv cvv2 cvc cvc2 csc ssn mnemonic jwt bearer passkey iban signingkey masterkey
    encryptionkey privkey privatekey secretkey accesskey accountkey cardnumber creditcard ccnumber
    requirepass masterauth htpasswd wifipsk psk
    """.split()
)
WEAK = frozenset(
    """
    token tokens auth session sessions sess sid csrf xsrf signature sig authtoken sessionid phpsessid
    jsessionid samlresponse symfony verifier hmac aspxauth
    """.split()
)
# Written as one word: dbpassword, mysqlpwd, csrfmiddlewaretoken, sharedaccesskey.
ENDINGS = tuple("password passwd pwd passphrase passcode apikey secretkey privatekey accesskey secret".split())
WEAK_ENDINGS = ("authtoken", "accesstoken", "sessionid", "sessid", "token")
NOT_WEAK = frozenset({"nontoken", "subtoken", "pretoken", "detoken"})

PAIRS: dict[tuple[str, str], Secrecy] = {
    **dict.fromkeys(
        (
            (first, second)
            for first in """
    access account admin aes api app application auth aws cipher client consumer crypt crypto data dek decrypt
    decryption deploy deployment enc encrypt encryption fernet functions gcp github gitlab gpg hmac jwt kek kms license licence master pgp preshared priv private rsa secret
    root seal seed server service session shared sign signing sse ssh ssl storage subscription symmetric tls transit
    unseal vault webhook wrap wrapping
    algolia anthropic apns azure datadog fcm firebase gemini heroku mailgun mashape mapbox maps openai pagerduty
    sendgrid stripe twilio vapid
    """.split()
            for second in ("key", "keys")
        ),
        Secrecy.STRONG,
    ),
    ("api", "keys"): Secrecy.VAULT,
    **dict.fromkeys(
        (
            (first, "code")
            for first in """
    2fa activation auth authorization backup card confirmation device factor login mfa oauth otp passcode pin
    recovery reset secret security sms totp verification verify
    """.split()
        ),
        Secrecy.STRONG,
    ),
    **dict.fromkeys(((first, "codes") for first in "backup mfa otp recovery scratch".split()), Secrecy.STRONG),
    **dict.fromkeys(
        (
            ("card", "number"),
            ("card", "num"),
            ("card", "no"),
            ("cc", "number"),
            ("cc", "num"),
            ("cc", "no"),
            ("credit", "card"),
            ("debit", "card"),
            ("social", "security"),
            ("national", "insurance"),
            ("passport", "number"),
            ("passport", "no"),
            ("question", "answer"),
            ("security", "answer"),
            ("secret", "answer"),
            ("seed", "phrase"),
            ("recovery", "phrase"),
            ("secret", "id"),
            ("pin", "number"),
            ("ssn", "number"),
            ("security", "number"),
            ("insurance", "number"),
            ("tax", "id"),
            ("pre", "shared"),
            ("national", "id"),
            ("bank", "account"),
            ("instrumentation", "key"),
            ("maiden", "name"),
            ("authorization", "header"),
            ("auth", "header"),
            ("token", "hint"),
        ),
        Secrecy.STRONG,
    ),
    ("session", "id"): Secrecy.WEAK,
    ("saml", "response"): Secrecy.WEAK,
    ("saml", "request"): Secrecy.WEAK,
    ("session", "key"): Secrecy.WEAK,
    ("connect", "sid"): Secrecy.WEAK,
    ("remember", "me"): Secrecy.WEAK,
    ("remote", "addr"): Secrecy.ADDRESS,
    ("remote", "address"): Secrecy.ADDRESS,
    ("client", "addr"): Secrecy.ADDRESS,
    ("client", "address"): Secrecy.ADDRESS,
    ("peer", "addr"): Secrecy.ADDRESS,
    ("ip", "address"): Secrecy.ADDRESS,
    ("ip", "addr"): Secrecy.ADDRESS,
    ("forwarded", "for"): Secrecy.ADDRESS,
}
# Pairs whose last word would otherwise speak for harmlessness.
PAIRS_THAT_WIN = frozenset(pair for pair in PAIRS if pair[1] in ABOUT)
# What makes the word that follows one of something public.
PUBLIC = frozenset(
    [
        *((first, "token") for first in "public stop eos bos pad unk mask sep".split()),
        *((first, "tokens") for first in "billed cached completion input output prompt reasoning".split()),
        *((first, "signature") for first in "function method call".split()),
    ]
)
# The same wherever they stand in a name.
HARMLESS_PAIRS = frozenset({("desktop", "session"), ("public", "key"), ("pin", "sha"), ("secret", "santa")})
# Written as one word: dbpass, sshkey.
NOT_PASSES = frozenset("bypass compass encompass multipass onepass overpass surpass trespass twopass underpass".split())
GLUED_KEYS = frozenset(
    f"{word}key"
    for word in (
        "account api app auth aws cipher client crypt enc encrypt encryption gpg host kms license master pgp private priv rsa "
        "secret server session shared sign signing ssh ssl storage tls vault wrapping".split()
    )
)
# Secret only where nothing stands beside them (mfa_device is a name, mfa a code), or at a longer name's end.
WHOLE = frozenset({("access", "key", "id"), ("2fa",), ("mfa",), ("two", "factor"), ("authentication",)})
WHOSE_IP = frozenset(
    "address client user remote real source true origin caller visitor cf forwarded last login connecting peer".split()
)

# A text names no secret unless it holds one of these. A necessary sign of every word above, quick to look for.
ROOTS = (
    "cc n", "pre sh", "tax id",
    *"""
    pass pw secret token cred auth cookie sess sid csrf xsrf jwt otp pin cvv cvc csc ssn sig key bearer card
    code iban mnemonic phrase wort senha wachtw contrase answer verifier saml symfony remember psk hmac
    crypt cc_n ccn cc-n cc.n security insurance tax_id taxid tax-id tax.id national pre_sh pre-sh pre.sh presh bank maiden
    2fa mfa factor pswd adgangskode salasana parola haslo losenord kodeord sifre clave lozinka heslo jelszo
    """.split(),
)  # fmt: skip
# What follows a colon in speech about secrets.
ORDINARY = frozenset(
    """
    a already an and any app-level are argument arguments bytearray callable class dict float header headers iterable
    mapping message option optional options parameter parameters secretbytes secretstr sequence tuple
    array as bad basic bearer been blank bool boolean but bytes can cannot changed
    check could default deleted denied deprecated detected did digest disabled does empty enabled error
    exceeded expected expired failed failure field for found from has hidden in incorrect int integer invalid is it
    jwt kerberos key ldap length list malformed masked mismatch missing must needs never new no not null
    number oauth oauth2 object of ok old on only or please provided reason redacted rejected required reset
    revoked saml set should str string supplied that the this timeout to token too true type unable unauthorized
    undefined unexpected unknown unset unsupported updated use used using valid value was were when while
    with without wrong you your pass return break continue raise yield
    """.split()
)
# The same as an expression: no such word comes next, whatever signs are around it.
NOT_ORDINARY = rf"""(?![\\"'.,:(]*+(?i:{"|".join(sorted(ORDINARY, reverse=True))})[\\"'.,:)]*+(?:\s|\Z))"""
MECHANISMS = frozenset(
    """
    anonymous basic bearer cert certificate digest hmac jwt kerberos ldap login ntlm oauth oauth2 oidc pam plain saml
    scram-sha-256 session token trust
    """.split()
)
# What stands before a credential in an authorization header.
SCHEMES = frozenset("bearer basic token apikey bot splunk geniekey negotiate ntlm ssws dpop key".split())
