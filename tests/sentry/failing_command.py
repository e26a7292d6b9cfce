"""What `manage.py settle` is to an application: run as a process of its own, it fails in a management command."""

import sys

import django
from django.conf import settings
from django.core.management import BaseCommand, CommandParser, ManagementUtility

from alerting.sentry import init_sentry


class Command(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--api-key")

    def handle(self, *args: object, **options: object) -> None:
        raise LookupError("no such account")


class Utility(ManagementUtility):
    def fetch_command(self, subcommand: str) -> BaseCommand:
        return Command()


if __name__ == "__main__":
    init_sentry()
    settings.configure()
    django.setup()
    Utility(sys.argv).execute()
