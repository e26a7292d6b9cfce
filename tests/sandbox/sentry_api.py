"""The endpoints of Sentry's web API that are polled, over HTTP."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, Router

from tests.sandbox import describe, explore, issues, outcomes, paging, series
from tests.sandbox.access import READ_EVENTS, READ_ORG, READ_PROJECT, Meter, check, require, too_often
from tests.sandbox.params import NOT_FOUND, Params, terms
from tests.sandbox.sentry import SentryPart
from tests.sandbox.store import Project

MAX_HITS = 1_000
NO_PROJECTS = {"data": [], "meta": {"tips": {"query": "Need at least one valid project to query."}}}


class Call:
    """One request on its way through an endpoint; a 404 where it names another organisation."""

    def __init__(self, sentry: SentryPart, request: Request) -> None:
        if request.path_params.get("org", sentry.org) not in {sentry.org, describe.ORGANISATION_ID}:
            raise HTTPException(404, NOT_FOUND)
        self.sentry = sentry
        self.params = Params(request.query_params)
        self.path: dict[str, str] = request.path_params
        self.url = f"{request.url.scheme}://{request.url.netloc}{request.url.path}"
        self._raw_query = request.url.query

    def projects(self) -> list[Project]:
        return self.params.projects(self.sentry.store)

    def page(self, page: paging.Page[Any], body: Any, **headers: str) -> Response:
        kept = "&".join(part for part in self._raw_query.split("&") if part and not part.startswith("cursor="))
        return JSONResponse(body, headers={"Link": page.link(self.url, kept), **headers})


Endpoint = Callable[[Call], Response]


def application(sentry: SentryPart, more: list[Route]) -> Router:
    """The whole server: the web API, and `more` routes beside it."""
    meter = Meter()

    def endpoint(name: str, answer: Endpoint, *scopes: str) -> Callable[[Request], Any]:
        async def respond(request: Request) -> Response:
            headers: dict[str, str] = {}
            if sentry.rate_limit is not None:
                allowed, headers = meter.count(request.headers.get("authorization", ""), name, sentry.rate_limit)
                if not allowed:
                    # Sentry's middleware answers with JSON that it calls HTML, and with no Retry-After.
                    return Response(json.dumps(too_often(sentry.rate_limit)), 429, headers, "text/html; charset=utf-8")
            try:
                check(request.headers.get("authorization"), sentry.tokens)
                call = Call(sentry, request)
                require(sentry.scopes, *scopes)
                response = answer(call)
            except HTTPException as error:
                response = JSONResponse({"detail": error.detail}, error.status_code, error.headers)
            response.headers.update(headers)
            return response

        return respond

    org, project = "/api/0/organizations/{org}", "/api/0/projects/{org}/{project}"
    return Router(
        [
            Route("/api/0/", endpoint("root", _root)),
            Route(f"{org}/", endpoint("organization", _organisation, *READ_ORG)),
            Route(f"{org}/projects/", endpoint("projects", _projects, *READ_ORG)),
            Route(f"{org}/events/", endpoint("events", _events, *READ_ORG)),
            Route(f"{org}/events-timeseries/", endpoint("events-timeseries", _series, *READ_ORG)),
            Route(f"{org}/stats_v2/", endpoint("stats_v2", _outcomes, *READ_ORG)),
            Route(f"{org}/issues/", endpoint("issues", _issues, *READ_EVENTS)),
            Route(f"{project}/events/{{event_id}}/", endpoint("project-event", _event, *READ_PROJECT, *READ_EVENTS)),
            *more,
        ],
        redirect_slashes=False,
        default=HTMLResponse("<!DOCTYPE html><title>Page Not Found</title>", 404),
    )


def stand_in_body(status: int) -> tuple[str, str]:
    """Body and type of a bare status, as Sentry sends it."""
    details = {
        401: "Invalid token",
        403: "You do not have permission to perform this action.",
        404: NOT_FOUND,
        504: "Query timeout. Please try again. If the problem persists try a smaller date range or fewer projects.",
    }
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return json.dumps(too_often(30)), "text/html; charset=utf-8"
    if status in {502, 503}:
        return f"<html><head><title>{status}</title></head><body>{HTTPStatus(status).phrase}</body></html>", "text/html"
    if status >= 500 and status not in details:
        return json.dumps({"detail": "Internal Error", "errorId": None}), "application/json"
    return json.dumps({"detail": details.get(status, "")}), "application/json"


def _root(call: Call) -> Response:
    user = {"id": "1", "username": "sandbox", "name": "Sandbox"}
    return JSONResponse({"version": "0", "auth": {"scopes": sorted(call.sentry.scopes)}, "user": user})


def _organisation(call: Call) -> Response:
    sentry = call.sentry
    return JSONResponse(describe.organisation(sentry.org, sentry.url))


def _projects(call: Call) -> Response:
    wanted = _searched(call.params.get("query") or "")
    seen = [project for project in call.sentry.store.projects.values() if not project.hidden and wanted(project)]
    ordered = sorted(seen, key=lambda project: project.slug)
    size = call.params.page_size("per_page")
    page = paging.by_number(ordered, size, call.params.cursor())
    return call.page(page, [describe.project(project) for project in page.items])


def _searched(query: str) -> Callable[[Project], bool]:
    """The list understands `id:` and `slug:`, as often as one likes, and the rest as a part of the name."""
    ids, slugs, text = set[str](), set[str](), list[str]()
    for key, value in terms(query):
        if key not in {"", "id", "slug"}:
            return lambda _: False
        {"id": ids.add, "slug": slugs.add, "": text.append}[key](value)
    part = " ".join(text).lower()
    return lambda project: (
        (not ids or str(project.id) in ids) and (not slugs or project.slug in slugs) and part in project.slug.lower()
    )


def _dataset(call: Call) -> str:
    dataset: str = call.params.get("dataset", "discover")
    if dataset not in call.sentry.datasets:
        raise HTTPException(400, f"dataset must be one of: {', '.join(sorted(call.sentry.datasets))}")
    return dataset


def _events(call: Call) -> Response:
    params, store = call.params, call.sentry.store
    dataset = _dataset(call)
    size, cursor = params.page_size("per_page"), params.cursor()
    period, environments = params.period(call.sentry.clock(), events=True), params.environments(store)
    projects = {project.id: project for project in call.projects()}
    if not projects:
        return JSONResponse(NO_PROJECTS)
    kept = explore.happened(params, store, dataset, projects, environments, period)
    table = explore.table(kept, projects, dataset, params.getlist("field"), params.getlist("sort"))
    page = paging.by_offset(table.rows, size, cursor)
    body: dict[str, Any] = {
        "data": page.items,
        "meta": {
            "fields": table.fields,
            "units": table.units,
            "isMetricsData": False,
            "isMetricsExtractedData": False,
            "tips": {} if dataset == "spans" else {"query": None, "columns": None},
            "datasetReason": "unchanged",
            "dataset": dataset,
            "dataScanned": "full",
        },
    }
    if dataset == "spans":
        functions = [name for name in table.fields if name.startswith("count(")]
        confidence = [dict.fromkeys(functions, "high") for _ in page.items]
        body["meta"]["accuracy"] = {"confidence": confidence}
        body["confidence"] = confidence
    return call.page(page, body)


def _series(call: Call) -> Response:
    sentry, params = call.sentry, call.params
    dataset = _dataset(call)
    period, environments = params.period(sentry.clock(), events=True), params.environments(sentry.store)
    projects = {project.id: project for project in call.projects()}
    if not projects:
        return JSONResponse({"timeSeries": []})
    return JSONResponse(
        series.answer(params, sentry.store, dataset, projects, environments, period, sentry.clock().timestamp())
    )


def _outcomes(call: Call) -> Response:
    now = call.sentry.clock()
    return JSONResponse(outcomes.answer(call.params, call.sentry.store, call.projects(), call.params.period(now), now))


def _issues(call: Call) -> Response:
    sentry, params = call.sentry, call.params
    size = params.page_size("limit")
    period, environments = params.period(sentry.clock()), params.environments(sentry.store)
    if params.get("end") is None:
        period = period._replace(end=period.end + issues.FUTURE_SECONDS)
    cursor, projects = params.cursor(), call.projects()
    hits = issues.search(params, sentry.store, projects, environments, period)
    page = paging.by_score(hits, [hit.score for hit in hits], size, cursor)
    body = issues.shape(page.items, params, sentry.store, period, sentry.url)
    total = str(min(len(hits), MAX_HITS))
    return call.page(page, body, **{"X-Hits": total, "X-Max-Hits": str(MAX_HITS)})


def _event(call: Call) -> Response:
    event = call.sentry.store.events.get(call.path["event_id"].replace("-", "").lower())
    project = call.sentry.store.project(call.path["project"])
    if project is None:
        raise HTTPException(404, NOT_FOUND)
    if event is None or event.project is not project:
        raise HTTPException(404, "Event not found")
    return JSONResponse(describe.event(event))
