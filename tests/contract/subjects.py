"""What a source supplies to be held to the contract: how it is filled, emptied, and brought into trouble."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

from eventrail.sources.ports import LogSource, MetricSource
from tests.contract.excuses import CannotHappenError

Document = Mapping[str, Any]

# How long the sources of `silent` may wait for an answer, and what they may need on top of that, in all.
PATIENCE_SECONDS = 1.0
ALLOWED_SECONDS = 15.0


class LogSubject(Protocol):
    """A kind of log source. name: its key in excuses.py."""

    name: str

    def make(self, documents: Sequence[Document]) -> LogSource:
        """Give a source that holds exactly these documents (field names of docs/log-fields.md), in this order."""
        ...

    def clear(self) -> None:
        """Remove what `make` made."""
        ...

    def unknown(self) -> LogSource:
        """Give one whose index or file does not exist."""
        ...

    def wrong_credentials(self) -> LogSource:
        """Give one that is turned away."""
        ...

    def down(self) -> LogSource:
        """Give one whose server does not run."""
        ...

    def silent(self) -> LogSource:
        """Give one whose server takes the question and never answers, and that waits PATIENCE_SECONDS."""
        ...


class MetricSubject(Protocol):
    """A kind of metric source. name: its key in excuses.py."""

    name: str

    def make(self, series: Mapping[str, pd.DataFrame]) -> MetricSource:
        """Give a source that holds exactly these samples: query name → time, value and the query's columns.

        Rows come in any order. Queries of kind range get samples at whole multiples of their step. All cases of the
        contract share one source, which is made once.
        """
        ...

    def clear(self) -> None:
        """Remove what `make` made."""
        ...

    def wrong_credentials(self) -> MetricSource:
        """Give one that is turned away."""
        ...

    def down(self) -> MetricSource:
        """Give one whose server does not run."""
        ...

    def silent(self) -> MetricSource:
        """Give one whose server takes the question and never answers, and that waits PATIENCE_SECONDS."""
        ...


class FileTroubles:
    """What cannot happen to a file; for subjects that are files."""

    def unknown(self) -> Any:
        """Refused at opening, before there is a source."""
        raise CannotHappenError

    def wrong_credentials(self) -> Any:
        """No credentials."""
        raise CannotHappenError

    def down(self) -> Any:
        """No server."""
        raise CannotHappenError

    def silent(self) -> Any:
        """No server."""
        raise CannotHappenError
