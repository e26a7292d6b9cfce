"""Which projects and environments are asked about, which of them we may see, and what is said of unknown ones."""

from alerting.errors import SourceFault
from alerting.poll.server_facts import MemoryFacts
from alerting.rules.answers import Measure
from alerting.rules.model import Trust
from tests.poll.asking import happened, listing, question, source
from tests.sandbox.prepared import Prepare, Reply
from tests.sandbox.sentry import SentryPart


def closed(sentry: SentryPart, *names: str) -> Prepare:
    """The list of projects names these as none that we have access to."""
    projects = [
        {"id": str(each.id), "slug": each.slug, "hasAccess": each.slug not in names}
        for each in sentry.store.projects.values()
    ]
    return listing("projects", projects)


def test_only_what_is_listed_and_may_be_read_is_visible(sentry: SentryPart) -> None:
    sentry.add_project("p2", id=2)
    reader = source(sentry)
    for is_refused, seen in ((False, {"1", "2"}), (True, {"1"})):
        sentry.prepare = closed(sentry, "p2")
        sentry.hide_project("p2", hidden=is_refused)
        answer = reader.ask(question(Measure.PROJECTS, project_ids=("1", "2", "3")))
        assert {project.id for project in answer.rows} == seen
        assert (answer.covered, answer.requests) == ({"1", "2", "3"}, 2)


def test_of_many_closed_projects_one_is_tried_at_a_time(sentry: SentryPart) -> None:
    happened(sentry, 5)
    sentry.prepare = closed(sentry, "p1", "p2", "p3", "p4", "p5")
    answer = source(sentry).ask(question(Measure.PROJECTS, project_ids=("1", "2", "3")))
    assert ({project.id for project in answer.rows}, answer.covered, answer.requests) == ({"1"}, {"1"}, 2)


def test_slugs_become_ids_through_every_page_once(sentry: SentryPart) -> None:
    happened(sentry, 230)
    facts = MemoryFacts()
    reader = source(sentry, projects=("p229", "17"), facts=facts)
    assert reader.ask(question(Measure.ERRORS)).requests == 4
    assert source(sentry, projects=("p229", "17"), facts=facts).ask(question(Measure.ERRORS)).requests == 1
    assert sentry.requests[-1].all("project") == ["229", "17"]


def test_numeric_filters_need_no_list_of_projects(sentry: SentryPart) -> None:
    happened(sentry, 18)
    answer = source(sentry, projects=("17", "18")).ask(question(Measure.ERRORS))
    assert (answer.requests, answer.covered) == (1, {"17", "18"})
    assert source(sentry).ask(question(Measure.ERRORS)).covered is None
    assert sentry.requests[0].all("project") == ["17", "18"]


def test_an_unknown_slug_is_named_with_what_it_may_mean(sentry: SentryPart) -> None:
    for slug in ("checkout", "search"):
        sentry.add_project(slug)
    reader = source(sentry, projects=("chekout", "search"))
    answer = reader.ask(question(Measure.ERRORS))
    assert (answer.trust, answer.fault) == (Trust.SOURCE_ERROR, SourceFault.NOT_FOUND)
    assert "SENTRY_PROJECT" in answer.note
    assert "'chekout' (did you mean checkout?)" in answer.note
    assert "search'" not in answer.note
    assert reader.ask(question(Measure.ERRORS)).requests == 0, "the list is not read again every tick"


def test_an_unknown_slug_beside_the_only_project_tells_of_one_project(sentry: SentryPart) -> None:
    answer = source(sentry, projects=("nothing",)).ask(question(Measure.ERRORS))
    assert "among the 1 project of acme." in answer.note


def test_more_projects_than_a_url_holds_are_picked_from_all(sentry: SentryPart) -> None:
    happened(sentry, 200)
    suspects = tuple(str(number) for number in range(50, 170))
    answer = source(sentry).ask(question(Measure.ERRORS, project_ids=suspects))
    assert {project.id for project in answer.rows} == set(suspects)
    assert sentry.requests[0].all("project") == ["-1"]


def test_an_unknown_environment_is_told_from_an_unknown_organisation(sentry: SentryPart) -> None:
    sentry.add_project("api", environments=("production", "staging"))
    reader = source(sentry, environments=("production", "prod"))
    answer = reader.ask(question(Measure.ERRORS))
    assert (answer.trust, answer.fault) == (Trust.SOURCE_ERROR, SourceFault.NOT_FOUND)
    assert "SENTRY_ALERT_ENVIRONMENTS" in answer.note
    assert "most likely 'prod'" in answer.note
    assert "It knows: production, staging." in answer.note
    assert (answer.requests, reader.ask(question(Measure.ERRORS)).requests) == (3, 1)

    other = source(sentry, org="acne", environments=("production",)).ask(question(Measure.ERRORS))
    assert other.fault is SourceFault.NOT_FOUND
    assert "SENTRY_ORG" in other.note
    assert "'acne'" in other.note


def test_a_token_that_sees_no_project_is_not_a_quiet_organisation(sentry: SentryPart) -> None:
    tip = {"data": [], "meta": {"tips": {"query": "Need at least one valid project to query."}}}
    none = Reply({"detail": "No projects available"}, 400)
    sentry.prepare = lambda request: none if request.path.endswith("/stats_v2/") else Reply(tip)
    for measure in (Measure.ERRORS, Measure.PERFORMANCE, Measure.OUTCOMES):
        answer = source(sentry).ask(question(measure))
        assert (answer.trust, answer.fault) == (Trust.SOURCE_ERROR, SourceFault.FORBIDDEN)
        assert "sees no project" in answer.note


def test_a_refusal_of_listed_projects_has_them_looked_up_again(sentry: SentryPart) -> None:
    sentry.add_project("api", id=11)
    now = [1_000_000.0]
    reader = source(sentry, projects=("api",), clock=lambda: now[0])
    reader.ask(question(Measure.ERRORS))
    sentry.remove_project("api")
    sentry.add_project("api", id=12)
    now[0] += 700
    answer = reader.ask(question(Measure.ERRORS))
    assert answer.fault is SourceFault.FORBIDDEN
    assert "SENTRY_PROJECT" in answer.note
    assert reader.ask(question(Measure.ERRORS)).trust is Trust.VALUE
