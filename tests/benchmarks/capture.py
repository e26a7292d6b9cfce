"""What reporting an error costs a request: `capture_exception` with everything on, inside a real Django request."""

import contextlib
import io
import logging
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import sentry_sdk
from rich.console import Console
from rich.table import Table
from sentry_sdk.transport import Transport

ROUNDS = 15
TURNS = 20
WARM_UP = 5
PROMISED = 1.15
# Frames below the view, and log lines before the error.
REQUESTS = {"handled in its view": (4, 12), "deep in a stack, after a chatty request": (14, 50)}
DSN = "https://public@sentry.invalid/1"
ALONE = "the SDK's defaults"

_request = (0, 0)
_durations: list[float] = []
default_capture: Callable[[Exception], Any] = sentry_sdk.capture_exception
_capture = default_capture


class Dropped(Transport):
    """Takes an envelope as the SDK's own transport does, without work in the request, and forgets it."""

    def __init__(self) -> None:
        super().__init__({"dsn": DSN})
        self.size = 0

    def capture_envelope(self, envelope: Any) -> None:
        self.size = len(envelope.items[0].payload.get_bytes()) if not self.size else self.size


def sdk_alone(transport: Transport) -> None:
    """The SDK's defaults with the integrations that `init_sentry` switches on, but its own."""
    from alerting.sentry.setup import integrations

    chosen = [one for one in integrations((), ()) if one.identifier != "alerting_http_status"]
    sentry_sdk.init(
        dsn=DSN, transport=transport, integrations=chosen, auto_enabling_integrations=False, traces_sample_rate=1.0
    )


def place_order(form: dict[str, str], depth: int) -> None:
    line = {"sku": f"sku-{depth}", "amount": depth, "note": form.get("note", ""), "prices": [1.5, 2.5, depth]}
    customer = {"id": 7, "name": "Ana Lima", "address": {"street": "Rua Nova 3", "city": "Porto"}}
    if depth == 0:
        raise LookupError(f"no stock for {line['sku']} of customer {customer['id']}")
    place_order(form, depth - 1)


def order(request: Any) -> Any:
    from django.http import HttpResponse

    depth, lines = _request
    log = logging.getLogger("shop.orders")
    for number in range(lines):
        log.info("checked shelf %d of %s", number, "warehouse north")
    try:
        place_order(dict(request.POST.items()), depth)
    except LookupError as error:
        started = time.thread_time()
        _capture(error)
        _durations.append(time.thread_time() - started)
    return HttpResponse("sorry")


def ask(handler: Any) -> None:
    body = b"note=leave+at+the+door&password=hunter2&quantity=3&email=ana%40example.com"
    headers = {f"HTTP_X_HEADER_{number}": f"value {number}" for number in range(12)}
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/order/",
        "QUERY_STRING": "page=2&token=abc123",
        "SERVER_NAME": "shop.example",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "HTTP_COOKIE": "sessionid=deadbeefdeadbeef; csrftoken=cafecafe",
        "HTTP_AUTHORIZATION": "Bearer 0123456789abcdef0123456789abcdef",
        "HTTP_REFERER": "https://shop.example/cart/?coupon=SPRING",
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.version": (1, 0),
        **headers,
    }
    response = handler(environ, lambda status, headers, *_: None)
    response.close()


@contextlib.contextmanager
def django_app() -> Iterator[Any]:
    """A Django application with the one view, as a WSGI handler."""
    import django
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler
    from django.urls import path

    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None)
        django.setup()
    logging.getLogger("shop.orders").setLevel(logging.INFO)

    from django.test import override_settings

    class Urls:  # what ROOT_URLCONF takes besides a module
        urlpatterns = (path("order/", order),)

    middleware = ["django.middleware.common.CommonMiddleware"]
    with override_settings(ROOT_URLCONF=Urls, MIDDLEWARE=middleware, ALLOWED_HOSTS=["*"]):
        yield WSGIHandler()


def measure(
    handler: Any, request: tuple[int, int], capture: Callable[[Exception], Any], rounds: int = ROUNDS
) -> list[float]:
    """Milliseconds each capture took inside its request."""
    global _capture, _request
    _capture, _request = capture, request
    for _ in range(WARM_UP):
        ask(handler)
    _durations.clear()
    for _ in range(rounds):
        ask(handler)
    return [seconds * 1000 for seconds in _durations]


def main(short: bool = False) -> None:
    """Print what the SDK alone, everything but scrubbing, and everything take, in turns and in CPU time."""
    turns, rounds = (1, 2) if short else (TURNS, ROUNDS)
    from alerting.sentry import ErrorTracker, init_sentry
    from alerting.sentry.scrub import Scrubber

    class Nothing(Scrubber):
        """Rules of this package, so that no others are put beside them, that cut nothing."""

        def __call__(self, event: Any, _hint: Any = None) -> Any:
            return event

    def everything(error: Exception) -> Any:
        return ErrorTracker.capture_exception(error, context={"order": 17, "action": "place"})

    ways: list[tuple[str, Callable[[Transport], Any], Callable[[Exception], Any]]] = [
        (ALONE, sdk_alone, sentry_sdk.capture_exception),
        (
            "everything but scrubbing",
            lambda transport: init_sentry(dsn=DSN, transport=transport, scrub=Nothing()),
            everything,
        ),
        ("everything", lambda transport: init_sentry(dsn=DSN, transport=transport), everything),
    ]
    console = Console()
    table = Table("error", "capture_exception with", "median ms", "of the SDK's", "event kB", box=None)
    worst = 0.0
    transports: dict[str, Dropped] = {}
    with django_app() as handler:
        for title, request in REQUESTS.items():
            taken_by: dict[str, list[float]] = {name: [] for name, _, _ in ways}
            # In turns, so that a machine that grows slower or faster meanwhile does so for all of them.
            for _ in range(turns):
                for name, start, capture in ways:
                    transports[name] = Dropped()
                    start(transports[name])
                    # The quickest but one of a turn is the least disturbed that is no accident.
                    taken_by[name].append(sorted(measure(handler, request, capture, rounds))[1])
            for name, taken in taken_by.items():
                ratio = statistics.median(one / alone for one, alone in zip(taken, taken_by[ALONE], strict=True))
                size = f"{transports[name].size / 1000:.0f}"
                table.add_row(title, name, f"{statistics.median(taken):.2f}", f"{ratio:.2f}", size)
                worst = max(worst, ratio if name == "everything" else 0.0)
    console.print(table)
    console.print(
        f"{turns} turns of {rounds} requests each; promised, with everything on: at most {PROMISED:g} of what the "
        f"SDK's defaults with the same integrations take: {'held' if worst <= PROMISED else 'NOT HELD'}"
    )
