"""Exit statuses, and when a question counts as unanswered."""

from typing import TYPE_CHECKING, Final

from eventrail.errors import NotFoundError, SourceUnavailableError
from eventrail.model.problem import Problem

if TYPE_CHECKING:
    from eventrail.sources.ports import Sources

ANSWERED: Final = 0
NOT_FOUND: Final = 1
FAILED: Final = 2

# Who tells of logs where no log source is configured (eventrail.investigate).
_LOGS: Final = "logs"


def require_found(found: bool, what: str, sources: "Sources", problems: tuple[Problem, ...]) -> None:
    """Raise when there is nothing to show: SourceUnavailableError when the logs did not answer, else NotFoundError.

    what: the sentence that says what is not there.
    """
    if found:
        return
    if outage := logs_outage(sources, problems):
        raise SourceUnavailableError(str(outage))
    raise NotFoundError(what)


def logs_outage(sources: "Sources", problems: tuple[Problem, ...]) -> Problem | None:
    """Give the problem that says that the logs did not answer; None when they did."""
    names = {_LOGS} if sources.logs is None else {_LOGS, sources.logs.name}
    return next((each for each in problems if each.severity == "error" and each.source in names), None)
