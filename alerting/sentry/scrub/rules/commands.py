"""Secrets by their place in a command: options that programs take passwords behind, Redis, settings."""

from alerting.sentry.scrub.rules import Rule
from alerting.sentry.scrub.rules.words import NOT_ORDINARY

# The next word is no option, and no word in capitals that stands for a value.
_NO_OPTION = r"""(?![\\"']*+-++(?:\S{0,3}|[A-Za-z]?[a-z]++(?:[-_.:/][A-Za-z]?[a-z]++)*)[\"'`,]*+(?:\s|\Z))"""
_NO_CAPITALS = r"""(?![^A-Za-z\xaa-\U0010ffff\s\"'`]*+[A-Z][^a-z\xaa-\U0010ffff\s\"'`]*+[\"'`]*+(?:\s|\Z))"""

RULES = (
    Rule(
        id="option",
        keywords=("--", " -"),
        pattern=rf"""(?<![\w-])--?(?P<name>[A-Za-z][\w.-]{{1,80}}+)(?:\s{{1,3}}|\\{{0,7}}[\"'],\s{{1,2}}[bu]?(?=\\{{0,7}}[\"'])){NOT_ORDINARY}{_NO_OPTION}{_NO_CAPITALS}"""
        r"""(?=(?P<value>\\{0,7}(?P<quote>["'])(?:(?!(?P=quote)).){1,400}(?P=quote)(?=[\s,;)\]}]|\Z)|(?![|;&>]\S{0,7}(?:\s|\Z))\S{1,400}(?<![\"'`])))""",
        source="getopt_long(3)",
        hits=(
            "pg_dump --password hunt<+>er2 shop",
            "import --api-key 'hunter <+>two' -v",
            "['pg_dump', '--password', 'hunt<+>er2']",
        ),
        misses=("createuser --password --login ada", "import --city Ulm", "use --password or --token"),
        bounded=False,
    ),
    Rule(
        id="curl-user",
        keywords=(
            "-u",
            "--user",
            "--proxy-user",
        ),
        pattern=r"""(?:-u|--user|--proxy-user)(?:[\s=]{0,3}|['"]?,\s?)(?P<q>["']?)[^\s:"',]{0,100}["']?:(?!\d+(?:[\s"']|\Z))(?P<value>"[^"\r\n]{1,200}"|'[^'\r\n]{1,200}'|(?<=["'][\w.@-]):.{1,200}?(?=["'])|[^\s'"]{1,200})""",
        source="curl(1)",
        hits=(
            "curl -u deploy:x-ar<+>-8 https://repo.example.com/a.tgz",
            'curl --user "ann":"SKdu5<+>T9vmiHSU" https://a.example/',
            'curl -u ":TcJcZ<+>xfQa6UEk" https://a.example/',
        ),
        misses=(
            "sort -u a.txt",
            "docker run -u 1000:1000 shop",
        ),
    ),
    Rule(
        id="redis-auth",
        keywords=("auth ",),
        pattern=r"""(?:(?<![A-Za-z.]\s)|(?<=command )|(?<=sent )|(?<=send )|(?<=executing )|(?<=pipeline ))AUTH\s(?:["']?(?!PLAIN|LOGIN|XOAUTH|CRAM|GSSAPI)[\w.-]{1,40}["']?\s(?=["']?\S{0,60}\d))?"""
        rf"""{NOT_ORDINARY}"""
        r"""(?P<value>["']?(?!["']?(?:<|[A-Z]+\b|default\b))[^\s"']{3,300})""",
        source="Redis: AUTH",
        hits=(
            "Redis command: AUTH s3cr<+>3t9",
            "AUTH default s3cr<+>3t9",
            "AUTH bob s3cr<+>3t9",
        ),
        misses=(
            "AUTH <password> called without any password",
            "smtp auth failed",
        ),
    ),
    Rule(
        id="redis-config",
        keywords=(
            "requirepass ",
            "masterauth ",
        ),
        pattern=r"(?i:requirepass|masterauth)\s(?P<value>(?!\s)[^\r\n]{1,300})",
        source="Redis: CONFIG SET requirepass",
        hits=("CONFIG SET requirepass x9y8<+>zpw",),
        misses=("CONFIG GET requirepass",),
    ),
    Rule(
        id="redis-acl",
        keywords=("setuser ",),
        pattern=r"""(?i:setuser)\s[^\r\n>]{1,200}>(?P<value>[^\s\"']{1,300})""",
        source="Redis: ACL SETUSER",
        hits=("ACL SETUSER bob on >hunt<+>er2 ~* +@all",),
        misses=("ACL SETUSER bob on ~* +@all",),
    ),
    Rule(
        id="redis-set",
        keywords=(
            "set ",
            "setex ",
            "psetex ",
            "setnx ",
            "getset ",
        ),
        pattern=r"""(?i:p?set(?:ex|nx)?|getset)\s(?P<first>[\"'])(?P<name>[^\"'\s]{1,80})(?P=first)\s(?:\d{1,10}\s)?(?P<quote>[\"'])(?P<value>[^\"']{1,400})(?P=quote)""",
        source="Redis: SET",
        hits=("SET 'reset_token:ada' 'zz91<+>ab9'",),
        misses=("SET 'auth:attempts' '3'",),
    ),
    Rule(
        id="redis-hash",
        keywords=(
            "hset ",
            "hmset ",
            "hsetnx ",
        ),
        pattern=r"""(?i:hm?set(?:nx)?)\s[\"'][^\"'\s]{1,120}[\"']\s(?P<first>[\"'])(?P<name>[^\"'\s]{1,80})(?P=first)\s(?P<quote>[\"'])(?P<value>[^\"']{1,400})(?P=quote)""",
        source="Redis: HSET",
        hits=('HSET "u" "secret" "open<+>sesame"',),
        misses=("HSET 'user:8841' 'name' 'ada'",),
    ),
    Rule(
        id="sql-identified",
        keywords=(
            "identified by ",
            "identified by password ",
            "with password ",
        ),
        pattern=r"""(?i:identified\s+by(?:\s+password)?|with(?:\s+encrypted)?\s+password)\s{1,9}=?\s{0,9}(?P<value>'(?:[^']|''){1,400}+'|(?=[^\s'\";%]{0,60}\d)[^\s'\";%]{3,200})""",
        source="GRANT and CREATE USER",
        hits=("CREATE USER app IDENTIFIED BY 'ev-<+>10pw'",),
        misses=(
            "IDENTIFIED BY VALUES",
            "login with password reset",
        ),
    ),
    Rule(
        id="command-password",
        keywords=(
            "mysql",
            "mariadb",
            "7z",
        ),
        pattern=r"""(?:mysql\w{0,10}|mariadb[\w-]{0,10}|7za?)(?![\w-])[^\r\n;|]{0,120}?\s-p(?!assw)(?P<value>(?!\s|-)(?:\\{1,7}"[^"\\\r\n]{1,400}\\{1,7}"|"[^"\r\n]{1,400}"|'[^'\r\n]{1,400}'|[^\s"';|&<>]{1,400}))""",
        source="mysql(1)",
        hits=("mysqldump -u root -phunt<+>er2 shop",),
        misses=(
            "mysql -u root -p shop",
            "mysql --port 3306",
        ),
    ),
    Rule(
        id="login-password",
        keywords=(
            "docker",
            "podman",
            "sshpass",
            "mongo",
            "twine",
            "helm",
            "az ",
            "oc ",
            "skopeo",
        ),
        pattern=r"""(?:sshpass|mongo\w{0,8}|(?:docker|podman|helm registry|az|oc|skopeo|twine)(?: \S{1,20}){0,2}? (?:login|upload))(?![\w-])[^\r\n;|]{0,120}?\s-p(?:\s{1,3})?(?!assw)(?P<value>(?!\s|-)(?:\\{1,7}"[^"\\\r\n]{1,400}\\{1,7}"|"[^"\r\n]{1,400}"|'[^'\r\n]{1,400}'|[^\s"';|&<>]{1,400}))""",
        source="docker login(1), sshpass(1), mongosh",
        hits=("docker login -u shop -p x9y8<+>zpw registry.example.com",),
        misses=("docker run -p 8080:80 shop",),
    ),
    Rule(
        id="cache-password",
        keywords=(
            "redis-cli",
            "valkey-cli",
            "keydb-cli",
        ),
        pattern=r"""(?:redis-cli|keydb-cli|valkey-cli)(?![\w-])[^\r\n;|]{0,120}?\s-a\s{1,3}(?P<value>(?!\s|-)(?:\\{1,7}"[^"\\\r\n]{1,400}\\{1,7}"|"[^"\r\n]{1,400}"|'[^'\r\n]{1,400}'|[^\s"';|&<>]{1,400}))""",
        source="redis-cli(1)",
        hits=("redis-cli -h cache -a x9y8<+>zpw PING",),
        misses=("redis-cli -h cache PING",),
    ),
    Rule(
        id="config-setting",
        keywords=(
            "env ",
            "setenv ",
            "setx ",
            "arg ",
            "fastcgi_param ",
            "proxy_set_header ",
            "add_header ",
        ),
        pattern=r"""(?i:env|setenv|setx|fastcgi_param|proxy_set_header|add_header)\s(?P<name>[\w.-]{2,80})\s{1,8}"""
        rf"""{NOT_ORDINARY}"""
        r"""(?P<value>(?!\$|=)(?:\\{1,7}"[^"\\\r\n]{1,400}\\{1,7}"|"[^"\r\n]{1,400}"|'[^'\r\n]{1,400}'|[^\s"';|&<>]{1,400}))""",
        source="Dockerfile, nginx",
        hits=(
            "ENV DB_PASSWORD hunt<+>er2",
            "fastcgi_param DB_PASSWORD hunt<+>er2;",
        ),
        misses=("ENV CITY Ulm",),
    ),
    Rule(
        id="tool-setting",
        keywords=(
            "config ",
            "set ",
        ),
        pattern=r"""(?i:config|set)\s(?:set\s)?(?:--?\w{1,20}\s){0,3}(?P<name>[\w/]{0,60}[_.:-][\w./:-]{1,80})\s{1,3}"""
        rf"""{NOT_ORDINARY}"""
        r"""(?P<value>(?!\$|=)(?:\\{1,7}"[^"\\\r\n]{1,400}\\{1,7}"|"[^"\r\n]{1,400}"|'[^'\r\n]{1,400}'|[^\s"';|&<>]{1,400}))""",
        source="git config, npm config, aws configure set",
        hits=(
            "npm config set //registry.npmjs.org/:_authToken zz91<+>abcd",
            "aws configure set aws_secret_access_key abc1<+>23def",
        ),
        misses=("git config user.name mara",),
    ),
    Rule(
        id="literal-setting",
        keywords=("--from-literal",),
        pattern=r"""--from-literal[= ](?P<name>[\w.-]{1,80})=(?P<value>[^\s\"']{1,400})""",
        source="kubectl create secret",
        hits=("kubectl create secret generic s --from-literal=password=x9y8<+>zpw",),
        misses=("--from-literal=city=Ulm",),
        bounded=False,
    ),
    Rule(
        id="oracle-connect",
        keywords=(
            "thin:",
            "sqlplus ",
            "connect ",
        ),
        pattern=r"""(?:thin:|sqlplus\s(?:-\w\s){0,3}|connect\s)[A-Za-z][\w$]{0,40}/(?P<value>[^\s/@'\"]{2,100})(?=@)""",
        source="Oracle: connect identifiers",
        hits=(
            "jdbc:oracle:thin:shop/x9y8<+>zora@db1:1521:xe refused",
            "ORA-01017: connect app/ev29<+>pw@//db1:1521/XE denied",
        ),
        misses=("connect to db1",),
    ),
    Rule(
        id="piped-password",
        keywords=("echo ",),
        pattern=r"""echo\s(?:-n\s)?(?P<value>(?P<quote>[\"'])[^\"'\r\n]{1,200}(?P=quote)|[^\s|]{3,200})\s{0,3}\|[^\r\n|]{1,80}?(?:-stdin|sudo)""",
        source="docker login --password-stdin, sudo -S",
        hits=("echo 'hunt<+>er2' | docker login --password-stdin",),
        misses=("echo done | tee log",),
    ),
)
