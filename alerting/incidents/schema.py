"""Whether the database has the tables this version needs."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor


def unapplied() -> list[str]:
    """Migrations that have not run here, by name; empty where the database cannot be asked."""
    try:
        return missing()
    except DatabaseError:
        return []


def missing() -> list[str]:
    """Migrations that have not run here, by name; DatabaseError where the database cannot be asked."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
