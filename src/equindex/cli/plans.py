"""Commands for plans: how targets were read."""

from __future__ import annotations

from equindex.cli._options import FrameworkArgument, JsonOption, SetOption, app, framework_of
from equindex.cli._run import command

__all__ = ["targets"]


@command(app)
def targets(framework: FrameworkArgument, sets: SetOption = None, as_json: JsonOption = False) -> None:
    """Show how each target and baseline of a framework was read, for a person to check.

    What the plan prints stands beside operator, ends and year; what could not be read is named. Nothing is scored
    on a guess.

    Example:

        equindex targets framework.toml
    """
    from equindex.cli.targets import show_targets

    show_targets(framework_of(framework, sets), as_json)
