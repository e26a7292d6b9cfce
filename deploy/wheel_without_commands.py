"""Leaves the `alerting` command out of the wheel: what it runs is the service, which the wheel does not hold."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WheelWithoutCommands(BuildHookInterface[Any]):
    """An editable installation, from a checkout, keeps the command."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  Hatch's signature
        if version == "standard":
            self.metadata.core.scripts.clear()
