"""During a deploy, and after going back, an older version runs on the newer tables: migrations only add."""

from django.db.migrations import CreateModel, RemoveField
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

OURS = ("incidents", "outbox", "actions")
TAKING = ("RemoveField", "RenameField", "DeleteModel", "RenameModel", "AlterModelTable")


def later_operations() -> list[Operation]:
    """Of every migration after an app's first."""
    migrations = MigrationLoader(None).disk_migrations
    return [
        operation
        for (app, _), migration in migrations.items()
        if app in OURS and not migration.initial
        for operation in migration.operations
    ]


def test_no_migration_takes_away_what_an_older_version_reads_or_writes() -> None:
    assert RemoveField.__name__ in TAKING
    assert any(isinstance(each, CreateModel) for each in later_operations())
    assert [each.describe() for each in later_operations() if type(each).__name__ in TAKING] == []


def test_a_column_that_is_added_may_be_left_out_by_an_older_version() -> None:
    added = [each for each in later_operations() if type(each).__name__ == "AddField"]
    assert [each.describe() for each in added if not (each.field.null or each.field.has_db_default())] == []
