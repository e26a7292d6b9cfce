"""The kind of a statement is its verb and its tables, never its values."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.sentry.sql import Token, kind_in, kind_of, tokens


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT * FROM orders WHERE id = 17 AND name = 'x'' FROM y'", "select orders"),
        (
            'SELECT "a"."b" FROM "shop_order" INNER JOIN "auth_user" ON (1 = 1) FOR UPDATE',
            "select shop_order, auth_user",
        ),
        (
            "WITH t AS (SELECT id FROM a WHERE b = 1) INSERT INTO audit SELECT * FROM t",
            "insert a, audit",
        ),
        ("INSERT INTO users (email) VALUES ('a@b.c') ON CONFLICT DO UPDATE SET x = 1", "insert users"),
        ("INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a = 2", "insert t"),
        ("/* by hand */ update Stock set n = 1 -- FROM nowhere", "update stock"),
        ("DELETE FROM `sessions` WHERE k = '1'", "delete sessions"),
        ("(SELECT 1 FROM a) UNION (SELECT 2 FROM b)", "select a, b"),
        ("SELECT [id] FROM [dbo].[Orders]", "select dbo.orders"),
        ("EXPLAIN ANALYZE SELECT 1 FROM t", "select t"),
        ("DROP TABLE IF EXISTS foo", "drop foo"),
        ("TRUNCATE foo", "truncate foo"),
        ("CALL settle(17)", "call settle"),
        ("SAVEPOINT s140_x5", "savepoint"),
        ("COMMIT", "commit"),
        ("SELECT $a$ FROM hidden $a$ FROM shown", "select shown"),
        ("SELECT count(*) FROM orders o, users u WHERE o.u = u.id GROUP BY a, b", "select orders, users"),
        ("SELECT a FROM t WHERE b IS DISTINCT FROM NULL AND c = 1", "select t"),
        ("SELECT a FROM t WHERE b IS DISTINCT FROM 'from x' AND c = 1", "select t"),
        (r"UPDATE t SET path = 'C:\temp\', a = ' from hidden' WHERE b = 1", "update t"),
        (r"UPDATE t SET name = 'it\'s from hidden' WHERE b = 1", "update t"),
        ('INSERT INTO t VALUES ("delete", "from", "hidden")', "insert t"),
        (f'INSERT INTO t VALUES ("{"from hidden " * 20}")', "insert t"),
        ('UPDATE t SET a = "say \\" from hidden" WHERE b = 1', "update t"),
        (
            "WITH RECURSIVE tree(id) AS (SELECT id FROM nodes UNION ALL SELECT n.id FROM nodes n JOIN tree ON 1 = 1), "
            "top AS NOT MATERIALIZED (SELECT * FROM tree) SELECT * FROM top, tree",
            "select nodes",
        ),
        ("WITH orders AS (SELECT * FROM orders WHERE a = 1) SELECT * FROM orders", "select orders"),
        ("WITH t AS (SELECT a FROM x UNION ALL SELECT a FROM t) SELECT * FROM t", "select x"),
        ("SELECT * FROM (WITH t AS (SELECT 1 FROM a) SELECT * FROM t) q JOIN b ON 1 = 1", "select a, b"),
        ("SELECT a FROM t WITH (NOLOCK) WHERE b = 1", "select t"),
        ("SELECT EXTRACT(YEAR FROM made), TRIM(BOTH 'x' FROM name) FROM orders", "select orders"),
        ("not a statement", None),
        ("", None),
    ],
)
def test_a_statement_is_named_by_verb_and_tables(statement: str, kind: str | None) -> None:
    assert kind_of(statement) == kind


LITERALS = st.one_of(
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text().map(lambda text: "'" + text.replace("'", "''").replace("\\", "") + "'"),
    st.uuids().map(lambda value: f"'{value}'"),
    st.lists(st.integers(), min_size=1).map(lambda values: "(" + ", ".join(map(str, values)) + ")"),
    st.sampled_from(["%s", "$1", ":name", "?", "NULL", "TRUE", "'2026-01-01'::date", "x'00ff'"]),
)


@given(LITERALS, LITERALS)
def test_literals_do_not_change_the_kind(one: str, two: str) -> None:
    assert kind_of(f"SELECT a FROM orders o JOIN users u ON u.id = o.u WHERE a = {one} AND b IN {two}") == (
        "select orders, users"
    )
    assert kind_of(f"UPDATE stock SET n = {one} WHERE id = {two}") == "update stock"
    assert kind_of(f"INSERT INTO audit (a, b) VALUES ({one}, {two}), ({two}, {one})") == "insert audit"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("/* request 17 */ SELECT * FROM orders", "select orders"),
        ("-- request 17\n  (SELECT a FROM orders)", "select orders"),
        ("INSERT OR IGNORE INTO orders VALUES (1)", "insert orders"),
        ("REPLACE INTO orders VALUES (1)", "replace orders"),
        ("CREATE UNIQUE INDEX i ON orders (a)", "create"),
    ],
)
def test_a_statement_is_told_from_prose(text: str, kind: str) -> None:
    assert kind_in(text) == kind


@pytest.mark.parametrize("prose", ["Update failed for order 12 from queue", "select one", "Delete me", "call me back"])
def test_prose_that_starts_with_a_verb_is_no_statement(prose: str) -> None:
    assert kind_in(prose) is None


@pytest.mark.parametrize(
    "unit", ["'", "(", "$a", '"', "a.b.", "/*", "['", '"a', "`", "--", "\\'", "a . ", "select from "]
)
def test_hostile_statements_take_bounded_time(unit: str) -> None:
    started = time.thread_time()
    kind_of(unit * (1_000_000 // len(unit)))
    kind_in("select " + unit * (1_000_000 // len(unit)))
    assert time.thread_time() - started < 1


@pytest.mark.parametrize(
    ("text", "token", "content"),
    [
        ("'it''s'", Token.TEXT, "it''s"),
        ("N'x'", Token.TEXT, "x"),
        (r"E'it\'s'", Token.TEXT, r"it\'s"),
        ("$tag$ it's $tag$", Token.TEXT, " it's "),
        ("$$x$$", Token.TEXT, "x"),
        ("'never closed", Token.TEXT, "never closed"),
        ("$$never closed", Token.TEXT, "never closed"),
        ('"Order"', Token.QUOTED, "Order"),
        ("`order`", Token.QUOTED, "order"),
        ("[order]", Token.QUOTED, "order"),
        ("größe", Token.NAME, "größe"),
        ("1.5e-3", Token.NUMBER, "1.5e-3"),
        (".5", Token.NUMBER, ".5"),
        ("0x1F", Token.NUMBER, "0x1F"),
        *((holder, Token.HOLDER, holder) for holder in ("?", "%s", "%(name)s", ":name", "$1", "@name", "@@version")),
        ("/* a 'comment' */", Token.COMMENT, "/* a 'comment' */"),
        ("-- one 'line'", Token.COMMENT, "-- one 'line'"),
    ],
)
def test_a_token_is_known_with_its_content_and_its_place(text: str, token: Token, content: str) -> None:
    statement = f"x = {text}\n, 1"
    piece = list(tokens(statement))[2]
    assert (piece.token, statement[slice(*piece.inner)].removesuffix("\n, 1")) == (token, content)
    assert statement[piece.start : piece.end] == piece.text


@given(st.text(alphabet="ab1 '\"`[]$%():.,*/-\\\n?@"))
def test_every_character_but_space_stands_in_one_token(statement: str) -> None:
    pieces = list(tokens(statement))
    assert all(one.end <= after.start for one, after in pairwise(pieces))
    assert all(one.start <= one.inner[0] <= one.inner[1] <= one.end for one in pieces)
    left = statement
    for piece in reversed(pieces):
        left = left[: piece.start] + left[piece.end :]
    assert not left.strip()
