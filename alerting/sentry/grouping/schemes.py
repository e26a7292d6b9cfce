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


def lookup(dotted: str, table: Mapping[str, Scheme]) -> Scheme | None:
    """The entry for a dotted name or for the nearest package around it: `redis` answers for `redis.exceptions.X`."""
    while dotted:
        if dotted in table:
            return table[dotted]
        dotted = dotted.rpartition(".")[0]
    return None


def scheme_of(names: Sequence[str]) -> Scheme | None:
    """The scheme of the nearest of these classes that has one."""
    known = (lookup(name, BY_LIBRARY) for name in names)
    bare = (BY_BARE_NAME.get(name.rpartition(".")[2]) for name in names)
    return next(filter(None, chain(known, bare)), None)
