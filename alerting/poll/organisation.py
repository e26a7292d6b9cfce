"""One organisation on one server: its region, its endpoints, its projects, and why something of it is not found."""

import difflib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from alerting.errors import SourceError, SourceFault
from alerting.http.exchange import Params
from alerting.poll import refusals, region, rows
from alerting.poll.as_json import AsJson
from alerting.poll.client import Errand, SentryClient
from alerting.poll.replies import Page, Taken, garbled
from alerting.poll.server_facts import Facts, FactsStore, key
from alerting.rules.units import counted

DAY_SECONDS = 86_400.0
FRESH_SECONDS = 600.0
PAGE_SIZE = 100
MOST_PAGES = 200
MOST_IDLE_PAGES = 3
# What a server may stumble over on the way to its region without being unable to answer our questions.
BEARABLE = frozenset({SourceFault.SERVER, SourceFault.GARBLED, SourceFault.TOO_LARGE, SourceFault.BAD_REQUEST})


@dataclass(frozen=True, slots=True)
class Inventory(AsJson):
    """The organisation's projects (slug → id) and the environments any of them has seen."""

    ids: dict[str, str]
    environments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A project in the list: its slug, and whether the list says that we have access to it."""

    slug: str
    is_open: bool


class Organisation:
    """What every question needs besides itself."""

    def __init__(
        self, client: SentryClient, slug: str, store: FactsStore, clock: Callable[[], float] = time.time
    ) -> None:
        self.client = client
        self.slug = slug
        self.facts = Facts(store, key(client.base_url, slug), clock)
        self._path = f"/api/0/organizations/{quote(slug, safe='')}/"
        self._clock = clock
        self._described_at = float("-inf")
        self._region_failed_at = float("-inf")

    def get(self, endpoint: str, params: Params, errand: Errand) -> Page:
        """One page of one of its endpoints; a 404 is explained."""
        base = self.base_url(errand)
        try:
            return self.client.get(endpoint, f"{self._path}{endpoint}/", params, errand, base)
        except SourceError as error:
            if error.fault is not SourceFault.NOT_FOUND:
                raise
            problem = self._explain(error, endpoint, params, errand)
        raise problem

    def read_all(self, endpoint: str, params: Params, errand: Errand, take: Callable[[Page], Taken]) -> None:
        """Page after page until Sentry says that was the last, each handed to `take`.

        Raises SourceError as `get` does, and GARBLED where the chain of pages does not end or cannot be trusted to
        have.
        """
        asked, idle = [""], 0
        while True:
            page = self.get(endpoint, (*params, ("cursor", asked[-1])) if asked[-1] else params, errand)
            new, more = take(page)
            idle = 0 if new else idle + 1
            if not page.cursor or not more:
                break
            if page.cursor in asked or idle > MOST_IDLE_PAGES or len(asked) >= MOST_PAGES:
                raise garbled(endpoint, f"its pages do not come to an end ({len(asked)} read).")
            asked.append(page.cursor)
        if more and not page.linked and new >= PAGE_SIZE:
            # A proxy may have taken the Link header away: a full page then proves nothing about being the last.
            raise garbled(endpoint, "a full page came without saying whether another follows.")

    def describe(self, errand: Errand) -> dict[str, Any]:
        """The organisation's own description, asked of the configured host; raises SourceError."""
        try:
            data = self.client.get("organization", self._path, (("detailed", "0"),), errand).data
        except SourceError as error:
            if error.fault is not SourceFault.NOT_FOUND:
                raise
            base = self.client.base_url
            if error.no_path:
                fault, message = SourceFault.NO_ENDPOINT, refusals.no_such_api(base, "organizations")
            else:
                fault, message = SourceFault.NOT_FOUND, refusals.unknown_organisation(self.slug, base)
            problem = SourceError(fault, message, no_path=error.no_path)
        else:
            if not isinstance(data, dict) or not data.get("slug"):
                raise garbled("organization", "it describes no organisation.")
            self._described_at = self._clock()
            return data
        raise problem

    def base_url(self, errand: Errand) -> str:
        """Where to ask: the region of Sentry's cloud that holds the organisation, else the configured server."""
        base = self.client.base_url
        if not region.is_saas(base) or self._recently(self._region_failed_at):
            return base
        known = self.facts.get("region", DAY_SECONDS)
        if not isinstance(known, str):
            try:
                links = self.describe(errand).get("links")
            except SourceError as error:
                if error.fault not in BEARABLE:
                    raise
                # sentry.io passes questions on to the region itself; only slower.
                self._region_failed_at = self._clock()
                return base
            offered = links.get("regionUrl") if isinstance(links, dict) else None
            known = region.accepted(base, offered if isinstance(offered, str) else "")
            self.facts.put("region", known)
        return region.accepted(base, known)

    def project_ids(self, names: Sequence[str], errand: Errand) -> tuple[str, ...]:
        """Numeric ids of projects named by slug or id. Slugs are looked up once a day, unknown ones every ten minutes.

        Raises SourceError NOT_FOUND that names the unknown slugs and what they may be meant to be.
        """
        slugs = [name for name in names if not name.isdecimal()]
        if not slugs:
            return tuple(names)
        known = self._remembered(DAY_SECONDS)
        if known is None or any(slug not in known.ids for slug in slugs):
            known = self.inventory(errand)
        if unknown := [slug for slug in slugs if slug not in known.ids]:
            raise SourceError(SourceFault.NOT_FOUND, _unknown_projects(unknown, tuple(known.ids), self.slug))
        return tuple(known.ids.get(name, name) for name in names)

    def slugs(self) -> dict[str, str]:
        """Project id → slug, as far as the list of projects has been read before."""
        known = self._remembered(DAY_SECONDS)
        return {found: slug for slug, found in known.ids.items()} if known else {}

    def doubt_projects(self) -> None:
        """A project may have been deleted: look slugs up anew, though not every tick."""
        if self._remembered(FRESH_SECONDS) is None:
            self.facts.forget("projects")

    def new_slug(self, slug: str, errand: Errand) -> str:
        """The name that a project has now which was called `slug` before; empty where the server does not tell."""
        path = f"/api/0/projects/{quote(self.slug, safe='')}/{quote(slug, safe='')}/"
        try:
            self.client.get("project", path, (), errand, self.base_url(errand))
        except SourceError as error:
            return error.moved_to
        return ""

    def look_up(self, ids: Sequence[str], errand: Errand) -> dict[str, Listed]:
        """Those of these projects that are in the list as it is now; a long list is searched for them."""
        found: dict[str, Listed] = {}

        def take(page: Page) -> Taken:
            before = len(found)
            for record in rows.records(page.data, "projects"):
                slug, project_id = _named(record)
                found[project_id] = Listed(slug, record.get("hasAccess") is not False)
            return len(found) - before, True

        whole = (("per_page", str(PAGE_SIZE)),)
        first = self.get("projects", whole, errand)
        take(first)
        goes_on = bool(first.cursor) or (not first.linked and len(found) >= PAGE_SIZE)
        if goes_on and not found.keys() >= set(ids):
            search = " ".join(f"id:{each}" for each in ids[:PAGE_SIZE])
            self.read_all("projects", (("query", search), *whole), errand, take)
        return found

    def inventory(self, errand: Errand) -> Inventory:
        """All projects, at most ten minutes old."""
        known = self._remembered(FRESH_SECONDS)
        return known if known is not None else self._read_inventory(errand)

    def _read_inventory(self, errand: Errand) -> Inventory:
        ids: dict[str, str] = {}
        environments: set[str] = set()

        def take(page: Page) -> Taken:
            before = len(ids)
            for record in rows.records(page.data, "projects"):
                slug, found = _named(record)
                ids[slug] = found
                named = record.get("environments")
                environments.update(filter(None, map(rows.text, named if isinstance(named, list) else ())))
            return len(ids) - before, True

        self.read_all("projects", (("per_page", str(PAGE_SIZE)),), errand, take)
        found = Inventory(ids, tuple(sorted(environments)))
        self.facts.put("projects", found.to_json())
        return found

    def _remembered(self, max_age: float) -> Inventory | None:
        kept = self.facts.get("projects", max_age)
        return Inventory.from_json(kept) if kept else None

    def _explain(self, error: SourceError, endpoint: str, params: Params, errand: Errand) -> SourceError:
        """A 404 has three causes that look alike: ask for the organisation, and rule the first one out."""
        if not self._recently(self._described_at):
            self.describe(errand)
            # It exists, but perhaps no longer in the region we remember.
            self.facts.forget("region")
        if error.no_path:
            message = refusals.no_such_api(self.client.base_url, endpoint)
            return SourceError(SourceFault.NO_ENDPOINT, message, no_path=True)
        wanted = tuple(value for name, value in params if name == "environment")
        if not wanted:
            message = refusals.missing_endpoint(endpoint, for_all=("project", "-1") in params)
            return SourceError(SourceFault.NOT_FOUND, message)
        try:
            known = self.inventory(errand).environments
        except SourceError:
            known = ()
        return SourceError(SourceFault.NOT_FOUND, refusals.unknown_environment(wanted, known))

    def _recently(self, moment: float) -> bool:
        return 0 <= self._clock() - moment < FRESH_SECONDS


def _named(record: dict[str, Any]) -> tuple[str, str]:
    """A listed project's slug and id."""
    slug, found = rows.text(record.get("slug")), str(record.get("id"))
    if not slug or not found.isdecimal():
        raise garbled("projects", "a project has no slug or no id.")
    return slug, found


def _unknown_projects(unknown: Sequence[str], known: tuple[str, ...], org: str) -> str:
    parts = []
    for slug in unknown:
        near = difflib.get_close_matches(slug, known, n=3, cutoff=0.6)
        parts.append(repr(slug) + (f" (did you mean {' or '.join(near)}?)" if near else ""))
    what = "project" if len(unknown) == 1 else "projects"
    return (
        f"SENTRY_PROJECT names the {what} {', '.join(parts)}, which the token does not see among the "
        f"{counted(len(known), 'project')} of {org}. What the service knew of it before is used for at most a day, "
        "then nothing is read."
    )
