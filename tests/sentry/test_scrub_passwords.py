"""Passwords as generators make them, of every sign, written as people write settings."""

import json
import random
from collections.abc import Callable
from urllib.parse import quote

import pytest

from alerting.sentry.scrub import scrub_event

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
ALPHABETS = [
    LETTERS + "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    LETTERS + "!#$%&*+-./:;<=>?@^_|~",
    LETTERS + "!@#$%^&*()-_=+[]{};:,.<>?",
]
WRITTEN: dict[str, Callable[[str], str]] = {
    ".env": lambda password: f"DB_HOST=db1\nDB_PASSWORD={password}\nDB_NAME=shop",
    ".env in quotes": lambda password: f'DB_PASSWORD="{password}"\nDB_NAME=shop',
    "YAML": lambda password: f"database:\n  password: {password}\n  name: shop",
    "YAML in quotes": lambda password: f"database:\n  password: '{password}'\n  name: shop",
    "ini": lambda password: f"[db]\npassword = {password}\nhost = db1",
    "ODBC": lambda password: f"Server=tcp:db1,1433;Uid=app;Pwd={password};Encrypt=yes;",
    "ODBC in braces": lambda password: f"Uid=app;Pwd={{{password.replace('}', '}}')}}};Encrypt=yes;",
    "conninfo": lambda password: f"cannot connect: host=db1 user=app password={password} dbname=shop",
    "option": lambda password: f"mysqldump --user app --password={password} shop",
    "option in quotes": lambda password: "mysqldump --password='" + password.replace("'", "'\\''") + "' shop",
    "option apart": lambda password: f"pg_dump --password {password} --format c",
    "URL": lambda password: f"cannot connect to postgres://svc:{password}@db1:5432/shop",
    "URL without a user": lambda password: f"redis://:{password}@cache:6379/0",
    "URL encoded": lambda password: f"postgres://svc:{quote(password, safe='')}@db1:5432/shop failed",
    "repr": lambda password: f"connect({{'password': {password!r}, 'user': 'ann'}})",
    "keyword": lambda password: f"Client(user='ann', password={password!r}, timeout=3)",
    "JSON cut short": lambda password: 'got {"password": ' + json.dumps(password) + ', "n": 1',
    "header": lambda password: f"X-Api-Key: {password}\r\nAccept: */*",
}
EACH = 60
# A sign and what follows it may look like the next setting, or like a line end as JSON writes it: of 180 of each
# kind some are cut too short. The number may only shrink.
MOST_CUT_SHORT = 12


def is_left(password: str, text: str) -> bool:
    """Whether five characters in a row can be read, however they are spelled."""
    spelled = {password, json.dumps(password)[1:-1], repr(password)[1:-1], quote(password, safe="")}
    return any(one[at : at + 5] in text for one in spelled for at in range(len(one) - 4))


@pytest.mark.parametrize("way", WRITTEN)
def test_a_generated_password_is_cut_whole(way: str) -> None:
    random_signs = random.Random(f"{way} 1")
    left = []
    for alphabet in ALPHABETS:
        for _ in range(EACH):
            password = "".join(random_signs.choice(alphabet) for _ in range(24))
            text = WRITTEN[way](password)
            if is_left(password, scrub_event({"message": text}, {})["message"]):
                left.append(text)
    assert len(left) <= MOST_CUT_SHORT, left
