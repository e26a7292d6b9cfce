"""Which exception classes belong to which grouping scheme, by dotted name of the class or of a package around it."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TypeVar

Value = TypeVar("Value")


class Scheme(StrEnum):
    """What decides the group. The value goes into the fingerprint: a better rule gets a new number, none is edited."""

    DATABASE = "database@1"
    AUTH = "auth@1"
    EXTERNAL = "external@1"
    RATE_LIMIT = "rate_limit@1"
    VALIDATION = "validation@1"
    HTTP_STATUS = "http_status@1"
    TIME_LIMIT = "celery"  # as the SDK names it where nothing wraps it


# The key of the SDK's hint that carries the status of an HTTP answer reported without an exception.
STATUS_HINT = "http_status"

_DATABASE = """
    django.db.utils django.db.transaction psycopg psycopg2 psycopg_pool asyncpg aiopg sqlite3 aiosqlite pymysql
    MySQLdb mysql.connector aiomysql asyncmy mariadb oracledb cx_Oracle pyodbc pymssql duckdb clickhouse_driver
    clickhouse_connect cassandra neo4j.exceptions databricks.sql ibm_db_dbi psycopg2cffi pg8000 apsw pony.orm
    snowflake.connector sqlalchemy.exc peewee tortoise.exceptions
""".split()
_AUTH = """
    django.core.exceptions.PermissionDenied django.core.signing rest_framework.exceptions.AuthenticationFailed
    rest_framework.exceptions.NotAuthenticated rest_framework.exceptions.PermissionDenied
    rest_framework_simplejwt.exceptions jwt jose joserfc authlib oauthlib oauth2_provider.exceptions
    social_core.exceptions itsdangerous google.auth.exceptions ldap ldap3 werkzeug.exceptions.Unauthorized
    werkzeug.exceptions.Forbidden
""".split()
_EXTERNAL = """
    httpx httpcore requests niquests requests_oauthlib urllib3 httplib2 pycurl tornado.httpclient
    aiohttp.client_exceptions urllib.error http.client socket ssl builtins.ConnectionError builtins.TimeoutError
    redis rediscluster aioredis coredis django_redis.exceptions valkey kombu.exceptions amqp.exceptions
    pika.exceptions aiokafka.errors kafka.errors confluent_kafka pymemcache pylibmc memcache pymongo elasticsearch
    elastic_transport opensearchpy botocore boto3 boto aiobotocore aioboto3 s3transfer minio
    google.api_core.exceptions googleapiclient.errors azure.core.exceptions grpc zeep.exceptions hvac.exceptions
    pysolr smtplib ftplib imaplib poplib paramiko aiosmtplib stripe twilio sendgrid python_http_client braintree
    github gitlab telegram.error slack_sdk openai anthropic websockets websocket
""".split()
_RATE_LIMIT = """
    rest_framework.exceptions.Throttled django_ratelimit ratelimit slowapi.errors flask_limiter limits.errors
    pyrate_limiter werkzeug.exceptions.TooManyRequests
""".split()
_TIME_LIMIT = "billiard.exceptions.SoftTimeLimitExceeded celery.exceptions.SoftTimeLimitExceeded".split()
_VALIDATION = """
    django.core.exceptions.ValidationError rest_framework.exceptions.ValidationError
    rest_framework.exceptions.ParseError pydantic.ValidationError pydantic.error_wrappers pydantic.v1.error_wrappers
    pydantic_core marshmallow.exceptions.ValidationError jsonschema.exceptions.ValidationError cerberus voluptuous
    colander schema fastapi.exceptions.RequestValidationError fastapi.exceptions.WebSocketRequestValidationError
    wtforms.validators msgspec.ValidationError cattrs.errors
""".split()

BY_LIBRARY: Mapping[str, Scheme] = {
    **dict.fromkeys(_DATABASE, Scheme.DATABASE),
    **dict.fromkeys(_AUTH, Scheme.AUTH),
    **dict.fromkeys(_EXTERNAL, Scheme.EXTERNAL),
    **dict.fromkeys(_RATE_LIMIT, Scheme.RATE_LIMIT),
    **dict.fromkeys(_VALIDATION, Scheme.VALIDATION),
    **dict.fromkeys(_TIME_LIMIT, Scheme.TIME_LIMIT),
}

LIBRARIES = frozenset(name.partition(".")[0] for name in BY_LIBRARY)

# An application's own classes under the names everybody uses, matched whole; what a library above claims goes first.
BY_BARE_NAME: Mapping[str, Scheme] = {
    "DatabaseError": Scheme.DATABASE,  # what every driver's errors inherit from (PEP 249)
    **dict.fromkeys(("AuthenticationError", "AuthenticationFailed", "AuthorizationError", "AuthError"), Scheme.AUTH),
    **dict.fromkeys(("NotAuthenticated", "PermissionDenied", "Unauthorized", "UnauthorizedError"), Scheme.AUTH),
    **dict.fromkeys(("InvalidCredentials", "InvalidCredentialsError"), Scheme.AUTH),
    **dict.fromkeys(("RateLimitExceeded", "RateLimitError", "RateLimited", "Ratelimited"), Scheme.RATE_LIMIT),
    **dict.fromkeys(("TooManyRequests", "TooManyRequestsError", "Throttled"), Scheme.RATE_LIMIT),
    **dict.fromkeys(("ValidationError",), Scheme.VALIDATION),
}


def lineage(error_type: type) -> Iterator[str]:
    """Dotted names of a class and all its bases, the most specific first."""
    for cls in error_type.__mro__:
        yield f"{cls.__module__}.{cls.__qualname__}"


def lookup(dotted: str, table: Mapping[str, Value]) -> Value | None:
    """The entry for a dotted name or for the nearest package around it: `redis` answers for `redis.exceptions.X`."""
    while dotted:
        if dotted in table:
            return table[dotted]
        dotted = dotted.rpartition(".")[0]
    return None


def same_class(dotted: str, listed: str) -> bool:
    """Whether a class is the listed one.

    Libraries re-export classes from inner modules (`django.http.Http404` is defined in `django.http.response`), so
    the listed module may be any package around the real one. A listed name without dots is compared alone.
    """
    module, _, name = dotted.rpartition(".")
    listed_module, _, listed_name = listed.rpartition(".")
    if name != listed_name:
        return False
    return not listed_module or module == listed_module or module.startswith(f"{listed_module}.")


def scheme_of(error_type: type) -> Scheme | None:
    """The scheme of the nearest class in the hierarchy that has one."""
    names = tuple(lineage(error_type))
    return _first(names)


def scheme_of_stated(module: str | None, name: str) -> Scheme | None:
    """The scheme by what an event states, where there is no class to walk up from."""
    return _first((f"{module or 'builtins'}.{name}",))


def _first(names: tuple[str, ...]) -> Scheme | None:
    for name in names:
        if scheme := lookup(name, BY_LIBRARY):
            return scheme
    for name in names:
        if scheme := BY_BARE_NAME.get(name.rpartition(".")[2]):
            return scheme
    return None
