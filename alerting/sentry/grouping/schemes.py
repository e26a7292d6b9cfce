"""Which exception classes belong to which grouping scheme, by dotted name of the class or of a package around it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import chain


class Scheme(StrEnum):
    """What decides the group. The value goes into the fingerprint: a better rule gets a new number, none is edited."""

    DATABASE = "database@1"
    AUTH = "auth@1"
    EXTERNAL = "external@1"
    RATE_LIMIT = "rate_limit@1"
    VALIDATION = "validation@1"
    HTTP_STATUS = "http_status@1"
    TIME_LIMIT = "celery"  # as the SDK names it where nothing wraps it


# Classes, packages around them, and modules whose frames tell the statement or the host. Last an application's own
# classes under the names everybody uses, matched whole: what a library claims goes first. `DatabaseError` is what every
# driver's errors inherit from (PEP 249).
_DATABASE = """
    django.db.utils django.db.transaction psycopg psycopg2 psycopg_pool asyncpg aiopg sqlite3 aiosqlite pymysql
    MySQLdb mysql.connector aiomysql asyncmy mariadb oracledb cx_Oracle pyodbc pymssql duckdb clickhouse_driver
    clickhouse_connect cassandra neo4j.exceptions databricks.sql ibm_db_dbi psycopg2cffi pg8000 apsw pony.orm
    snowflake.connector sqlalchemy.exc peewee tortoise.exceptions django.db.backends sqlalchemy.engine
    sqlalchemy.pool sqlalchemy.dialects DatabaseError
""".split()
_AUTH = """
    django.core.exceptions.PermissionDenied django.core.signing rest_framework.exceptions.AuthenticationFailed
    rest_framework.exceptions.NotAuthenticated rest_framework.exceptions.PermissionDenied
    rest_framework_simplejwt.exceptions jwt jose joserfc authlib oauthlib oauth2_provider.exceptions
    social_core.exceptions itsdangerous google.auth.exceptions ldap ldap3 werkzeug.exceptions.Unauthorized
    werkzeug.exceptions.Forbidden AuthenticationError AuthenticationFailed AuthorizationError AuthError
    NotAuthenticated PermissionDenied Unauthorized UnauthorizedError InvalidCredentials InvalidCredentialsError
""".split()
_EXTERNAL = """
    httpx httpcore requests niquests requests_oauthlib urllib3 httplib2 pycurl tornado.httpclient
    aiohttp.client_exceptions urllib.error http.client socket ssl builtins.ConnectionError builtins.TimeoutError
    redis rediscluster aioredis coredis django_redis.exceptions valkey kombu.exceptions amqp.exceptions
    pika.exceptions aiokafka.errors kafka.errors confluent_kafka pymemcache pylibmc memcache pymongo elasticsearch
    elastic_transport opensearchpy botocore boto3 boto aiobotocore aioboto3 s3transfer minio
    google.api_core.exceptions googleapiclient.errors azure.core.exceptions grpc zeep.exceptions hvac.exceptions
    pysolr smtplib ftplib imaplib poplib paramiko aiosmtplib stripe twilio sendgrid python_http_client braintree
    github gitlab telegram.error slack_sdk openai anthropic websockets websocket urllib.request asyncio.base_events
    asyncio.streams
""".split()
_RATE_LIMIT = """
    rest_framework.exceptions.Throttled django_ratelimit ratelimit slowapi.errors flask_limiter limits.errors
    pyrate_limiter werkzeug.exceptions.TooManyRequests RateLimitExceeded RateLimitError RateLimited Ratelimited
    TooManyRequests TooManyRequestsError Throttled
""".split()
_TIME_LIMIT = "billiard.exceptions.SoftTimeLimitExceeded celery.exceptions.SoftTimeLimitExceeded".split()
_VALIDATION = """
    django.core.exceptions.ValidationError rest_framework.exceptions.ValidationError
    rest_framework.exceptions.ParseError pydantic.ValidationError pydantic.error_wrappers pydantic.v1.error_wrappers
    pydantic_core marshmallow.exceptions.ValidationError jsonschema.exceptions.ValidationError cerberus voluptuous
    colander schema fastapi.exceptions.RequestValidationError fastapi.exceptions.WebSocketRequestValidationError
    wtforms.validators msgspec.ValidationError cattrs.errors ValidationError
""".split()
_SCHEMES: Mapping[str, Scheme] = {
    **dict.fromkeys(_DATABASE, Scheme.DATABASE),
    **dict.fromkeys(_AUTH, Scheme.AUTH),
    **dict.fromkeys(_EXTERNAL, Scheme.EXTERNAL),
    **dict.fromkeys(_RATE_LIMIT, Scheme.RATE_LIMIT),
    **dict.fromkeys(_TIME_LIMIT, Scheme.TIME_LIMIT),
    **dict.fromkeys(_VALIDATION, Scheme.VALIDATION),
}

LIBRARIES = frozenset(name.partition(".")[0] for name in _SCHEMES)


def scheme_around(dotted: str) -> Scheme | None:
    """The scheme of a dotted name or of the nearest package around it: `redis` answers for `redis.exceptions.X`."""
    while dotted:
        if dotted in _SCHEMES:
            return _SCHEMES[dotted]
        dotted = dotted.rpartition(".")[0]
    return None


def scheme_of(names: Sequence[str]) -> Scheme | None:
    """The scheme of the nearest of these classes that has one."""
    bare = (_SCHEMES.get(name.rpartition(".")[2]) for name in names)
    return next(filter(None, chain(map(scheme_around, names), bare)), None)
