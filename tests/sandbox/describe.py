"""Organisation and projects as Sentry describes them. Pure."""

from datetime import UTC, datetime
from typing import Any

from tests.sandbox.store import Project

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


def organisation(slug: str, url: str, region_url: str) -> dict[str, Any]:
    return {
        "id": ORGANISATION_ID,
        "slug": slug,
        "name": slug.capitalize(),
        "status": {"id": "active", "name": "active"},
        "dateCreated": BORN,
        "isEarlyAdopter": False,
        "require2FA": False,
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None},
        "links": {"organizationUrl": url, "regionUrl": region_url},
        "hasAuthProvider": False,
        "allowMemberInvite": True,
        "allowMemberProjectCreation": True,
        "allowSuperuserAccess": False,
        "features": ["discover-basic", "performance-view", "visibility-explore-view"],
    }


def project(one: Project, *, is_member: bool) -> dict[str, Any]:
    flags = ("Feedbacks", "Flags", "MinifiedStackTrace", "Monitors", "NewFeedbacks", "Profiles", "Replays", "Sessions")
    return {
        "id": str(one.id),
        "slug": one.slug,
        "name": one.slug,
        "platform": "python",
        "dateCreated": one.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "isBookmarked": False,
        "isMember": is_member,
        "features": [],
        "firstEvent": None if one.first_event is None else _iso(one.first_event),
        "firstTransactionEvent": one.has_transactions,
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


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
