"""The sections about what is usual of an event: what is missing of it, and its twin."""

from typing import Any, Final

import pandas as pd

from eventrail.analysis.missing_words import missing_sentences
from eventrail.analysis.route_paths import ARROW
from eventrail.analysis.twin_words import twin_sentences
from eventrail.testing.scenario.evaluation import Evaluation
from eventrail.testing.scenario.tables import Table, table_of
from eventrail.words import age

ROUTE_CELLS: Final = ("step", "kind", "service", "share")
MISSING_CELLS: Final = ("step", "kind", "after", "last_state", "within", "overdue", "share")
DIFFERENCE_CELLS: Final = ("step", "kind", "first", "differs")
NO_TWIN: Final = "no event of the type has completed"
# column of a difference → the word for it
DIFFERENCES: Final = {
    "other_state": "state",
    "slower": "slower",
    "other_pod": "pod",
    "other_node": "node",
    "other_service_version": "version",
}
SIDED: Final = ("state", "attempts", "pod", "node", "service_version")


def usual(evaluation: Evaluation, _arguments: str) -> Table:
    """The usual route of the event's type, in the order of time."""
    route = evaluation.usual.usual.steps
    columns = {name: route[name] for name in ("kind", "event_type", "queue", "service", "events", "path")}
    return table_of(columns | {"step": route["path"].map(_last), "share": _share(route["share"])}, ROUTE_CELLS)


def missing(evaluation: Evaluation, _arguments: str) -> Table:
    """What has not come; what is not late yet is overdue by less than nothing."""
    rows = evaluation.usual.missing
    columns: dict[str, Any] = {
        "step": rows["path"].map(_last),
        "after": rows["after_path"].map(_last).replace("", None),
        "within": rows["expected_seconds"].map(age, na_action="ignore"),
        "overdue": rows["age_seconds"].map(age, na_action="ignore"),
        "share": _share(rows["share"]),
        "share_so_far": _share(rows["share_so_far"]),
        "implied": rows["implied"].map({True: "yes", False: "no"}),
    }
    stated = ("path", "kind", "expected", "event_type", "queue", "service", "descendants")
    columns |= {name: rows[name] for name in (*stated, "last_state", "last_pod", "last_node", "last_error_type")}
    return table_of(columns, MISSING_CELLS)


def missing_in_words(evaluation: Evaluation, _arguments: str) -> tuple[str, ...]:
    """The sentences that the page and the command line say of it."""
    return missing_sentences(evaluation.usual.missing) or ("none",)


def twin(evaluation: Evaluation, _arguments: str) -> tuple[str, ...]:
    """Which event it is, why, and what differs, in the words of the page and the command line."""
    found = evaluation.usual.twin
    return (NO_TWIN,) if found is None else twin_sentences(found)


def difference_to_twin(evaluation: Evaluation, arguments: str) -> Table | tuple[str, ...]:
    """The steps that differ, in the order of time; the first real difference is marked.

    arguments: the event that must be the twin; another twin is all that is said then.
    """
    found = evaluation.usual.twin
    if found is None:
        return (NO_TWIN,)
    if arguments not in ("", found.correlation_id):
        return (f"the twin is {found.correlation_id}",)
    rows = found.difference
    differs = rows.apply(_differs, axis=1) if len(rows) else pd.Series(dtype="str")
    columns: dict[str, Any] = {
        "step": rows["path"].map(_last),
        "first": ["first" if row == found.first_difference else None for row in rows.index],
        "differs": differs,
    }
    columns |= {name: rows[name] for name in ("path", "kind", "occurrence", "event_type", "queue", "service")}
    for side in ("trace", "twin"):
        columns |= {f"{side}_{name}": rows[f"{side}_{name}"] for name in SIDED}
        for name in ("waited", "took"):
            columns[f"{side}_{name}"] = rows[f"{side}_{name}_seconds"].map(age, na_action="ignore")
    table = table_of(columns, DIFFERENCE_CELLS)
    return Table(table.cells[(differs != "").to_numpy()], DIFFERENCE_CELLS)


def _differs(row: "pd.Series[Any]") -> str:
    """Name what differs of a step."""
    if row["found_in"] != "both":
        return f"only in the {row['found_in']}"
    words = ["attempts"] if row["extra_attempts"] > 0 else []
    return ", ".join(words + [word for name, word in DIFFERENCES.items() if row[name]])


def _last(path: str) -> str:
    """Give a path's last step, by which a reader knows it."""
    return str(path).rsplit(ARROW, 1)[-1]


def _share(shares: "pd.Series[Any]") -> "pd.Series[Any]":
    return shares.map("{:.0%}".format, na_action="ignore")
