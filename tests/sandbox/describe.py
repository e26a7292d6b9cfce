"""Organisation, projects and single events as Sentry describes them. Pure."""

from typing import Any

from tests.sandbox import grouping
from tests.sandbox.store import Event, Project

ORGANISATION_ID = "1"
BORN = "2024-01-01T00:00:00Z"
TEAM = {"id": "1", "slug": "core", "name": "Core"}
INSIGHTS = (
    "Http",
    "Db",
    "Assets",
    "AppStart",
    "ScreenLoad",
    "Vitals",
    "Caches",
    "Queues",
    "AgentMonitoring",
    "MCP",
)
# What of an event is given back as a list of entries, and their types.
ENTRIES = {
    "exception": "exception",
    "threads": "threads",
    "logentry": "message",
    "breadcrumbs": "breadcrumbs",
    "request": "request",
    "spans": "spans",
}


def organisation(slug: str, url: str) -> dict[str, Any]:
    return {
        "id": ORGANISATION_ID,
        "slug": slug,
        "name": slug.capitalize(),
        "status": {"id": "active", "name": "active"},
        "dateCreated": BORN,
        "isEarlyAdopter": False,
        "require2FA": False,
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None},
        "links": {"organizationUrl": url, "regionUrl": url},
        "hasAuthProvider": False,
        "allowMemberInvite": True,
        "allowMemberProjectCreation": True,
        "allowSuperuserAccess": False,
        "features": ["discover-basic", "performance-view", "visibility-explore-view"],
    }


def project(one: Project) -> dict[str, Any]:
    flags = ("Feedbacks", "Flags", "MinifiedStackTrace", "Monitors", "NewFeedbacks", "Profiles", "Replays", "Sessions")
    return {
        "id": str(one.id),
        "slug": one.slug,
        "name": one.slug,
        "platform": "python",
        "dateCreated": BORN,
        "isBookmarked": False,
        "isMember": False,
        "features": [],
        "firstEvent": None,
        "firstTransactionEvent": False,
        "access": [],
        "hasAccess": True,
        **{f"has{name}": False for name in flags},
        **{f"hasInsights{name}": False for name in INSIGHTS},
        "hasLogs": False,
        "hasTraceMetrics": False,
        "hasUserReports": False,
        "team": TEAM,
        "teams": [TEAM],
        "platforms": ["python"],
        "environments": sorted(one.environments),
        "latestRelease": None,
        "latestDeploys": None,
    }


def event(stored: Event) -> dict[str, Any]:
    """An event given back whole: what is looked for in the answer is looked for in all that was sent."""
    payload, issue = stored.payload, stored.issue
    return {
        **{name: value for name, value in payload.items() if name not in ENTRIES},
        "id": stored.id,
        "eventID": stored.id,
        "groupID": str(issue.id) if issue else None,
        "projectID": str(stored.project.id),
        "projectSlug": stored.project.slug,
        "title": grouping.title_of(payload),
        "culprit": grouping.culprit(payload),
        "type": payload.get("type") or grouping.type_of(payload),
        "metadata": {"title": grouping.title_of(payload)},
        "entries": [{"type": kind, "data": payload[name]} for name, kind in ENTRIES.items() if payload.get(name)],
        "errors": [],
    }
