"""The samples of the queues' gauges: whose they are, which are current, and when they last counted nothing.

A queue may be counted by several series: by the nodes of a cluster as its leader moves, by two exporters, or by two
brokers that have a queue of the same name. Their counts are never added up, and never taken for one another's.
"""

from dataclasses import dataclass
from typing import Final

import pandas as pd

QUEUE: Final = ["vhost", "queue"]
REPORTER: Final = ["cluster", "job", "instance"]
_LABELS: Final = [*QUEUE, *REPORTER]
# A count is past when it is older than this, and than so many of its own scrapes: two of them may fail.
STALE_SECONDS_MIN: Final = 60.0
STALE_SCRAPES: Final = 2.5
# A series that another one of the same queue has outlived by more scrapes than this is no longer written.
OUTLIVED_SCRAPES: Final = 1.5


@dataclass(frozen=True, slots=True)
class GaugeSamples:
    """Samples by numbers in place of labels, of which there are many the same.

    series: QUEUE, REPORTER and of_queue, by the series' number; series of one queue have one of_queue.
    rows: series, of_queue, time, value (unacknowledged), ready (waiting, missing where not sampled then); by time.
    """

    series: pd.DataFrame
    rows: pd.DataFrame


def join_samples(unacked: pd.DataFrame, ready: pd.DataFrame, as_of: pd.Timestamp) -> GaugeSamples:
    """Give the samples of both gauges up to an instant, one row a series and time.

    Both gauges of a series come from the same scrape, so that their samples have the same time. Where labels that are
    not looked at tell two apart, the higher count stands. Labels may be absent, as in older recordings.
    """
    counted, waiting = (_named(each[each["time"] <= as_of]) for each in (unacked, ready))
    labels = pd.concat([counted[_LABELS], waiting[_LABELS]], ignore_index=True)
    number = labels.groupby(_LABELS, sort=False, dropna=False).ngroup()
    series = labels.assign(series=number).drop_duplicates("series").set_index("series")
    series[REPORTER] = series[REPORTER].fillna("")
    series["of_queue"] = series.groupby(QUEUE).ngroup()
    rows = _once(counted.assign(series=number[: len(counted)].array))
    others = _once(waiting.assign(series=number[len(counted) :].array)).rename(columns={"value": "ready"})
    rows = rows.merge(others, on=["series", "time"], how="left").sort_values("time", kind="stable", ignore_index=True)
    return GaugeSamples(series, rows.assign(of_queue=series["of_queue"].reindex(rows["series"]).array))


def scrape_seconds(rows: pd.DataFrame) -> "pd.Series[float]":
    """Give how far apart each queue's samples usually are, by row; what one sample cannot say the others do, else 0."""
    apart = rows.groupby("series")["time"].diff().dt.total_seconds()
    usual: pd.Series[float] = apart.groupby(rows["of_queue"]).transform("median")
    return usual.fillna(apart.median()).fillna(0.0)


def latest_samples(samples: GaugeSamples) -> pd.DataFrame:
    """Give the last sample of each series with its labels, scrape_seconds and current.

    current: no other series of the queue has outlived it, as happens when its leader moves to another node.
    """
    rows = samples.rows
    latest = rows.assign(scrape_seconds=scrape_seconds(rows)).drop_duplicates("series", keep="last")
    behind = latest.groupby("of_queue")["time"].transform("max") - latest["time"]
    current = behind.dt.total_seconds() <= OUTLIVED_SCRAPES * latest["scrape_seconds"]
    return latest.assign(current=current).join(samples.series[_LABELS], on="series")


def stale_seconds(scrape: "pd.Series[float]") -> "pd.Series[float]":
    """Say how old the last sample of a gauge that is scraped so often (seconds) may be to speak of the present."""
    return (STALE_SCRAPES * scrape).clip(lower=STALE_SECONDS_MIN)


def last_instants_without(samples: GaugeSamples, something: "pd.Series[bool]") -> "pd.Series[pd.Timestamp]":
    """Give by of_queue the time of the last sample at which no series of the queue counted something.

    something: by row of samples, whether it counted. What a series counted stands until its next sample, or until it is
    stale. A zero stands at its sample's own time only: nothing is carried forward to another instant.
    """
    rows = samples.rows
    queue_of = samples.series["of_queue"]
    shared = rows["of_queue"].isin(queue_of[queue_of.duplicated(keep=False)])
    nothing = ~something
    if (shared & nothing).any():
        nothing &= ~_counted_elsewhere(rows, something, shared)
    return rows[nothing].groupby("of_queue")["time"].max()


def _counted_elsewhere(
    rows: pd.DataFrame, something: "pd.Series[bool]", shared: "pd.Series[bool]"
) -> "pd.Series[bool]":
    """Say for each row whether a series of its queue counted something at its time. shared: rows to look at."""
    looked, counting = rows[shared], something[shared]
    following = looked.groupby("series")["time"].shift(-1)
    lasting = pd.to_timedelta(stale_seconds(scrape_seconds(looked)), unit="s")
    until = pd.concat([following, looked["time"] + lasting], axis=1).min(axis=1)
    key = looked[["of_queue"]]
    # At one instant an end comes before a begin, and a begin before the question.
    steps = pd.concat(
        [
            key[counting].assign(time=until[counting], order=0, change=-1),
            key[counting].assign(time=looked["time"][counting], order=1, change=1),
            key[~counting].assign(time=looked["time"][~counting], order=2, change=0, row=key.index[~counting]),
        ],
        ignore_index=True,
    ).sort_values(["time", "order"], kind="stable")
    standing = steps.groupby("of_queue")["change"].cumsum()
    asked = steps["row"].notna()
    elsewhere = pd.Series(False, index=rows.index)
    elsewhere.loc[steps.loc[asked, "row"].astype("int64")] = (standing[asked] > 0).to_numpy()
    return elsewhere


def brokers_of(series: pd.DataFrame, identities: pd.DataFrame) -> "pd.Series[str]":
    """Give the broker of each series, by row: its cluster label and the name the cluster gives itself, else its job.

    identities: cluster, instance, rabbitmq_cluster; what the nodes say of themselves, possibly of none. They may say it
    to another job than to the one that scrapes their queues.
    """
    node = dict.fromkeys(["cluster", "instance"], "")
    known = identities.reindex(columns=[*node, "rabbitmq_cluster"]).drop_duplicates([*node])
    known = known.fillna(node).astype(dict.fromkeys(node, "str"))
    named = series[[*node]].merge(known, on=[*node], how="left")["rabbitmq_cluster"].to_numpy()
    own = pd.Series(named, index=series.index, dtype="object")
    own = own.where(own.notna(), series["job"])
    return (series["cluster"] + " " + own.astype("str")).str.strip()


def _named(samples: pd.DataFrame) -> pd.DataFrame:
    """Leave out samples that name no queue; give those of an older recording the labels that it lacks."""
    absent = dict.fromkeys([label for label in REPORTER if label not in samples], "")
    return samples[samples["vhost"].notna() & samples["queue"].notna()].assign(**absent)


def _once(samples: pd.DataFrame) -> pd.DataFrame:
    """Give series, time and value once for each series and time, the highest value."""
    ordered = samples[["series", "time", "value"]].sort_values(["time", "value"], kind="stable")
    return ordered.drop_duplicates(["series", "time"], keep="last")
