"""Reads an exposition the way Prometheus does."""

from prometheus_client.parser import text_string_to_metric_families

from eventrail.watch.serving import exposition
from eventrail.watch.watcher import Watcher

Labels = frozenset[tuple[str, str]]
Samples = dict[str, dict[Labels, float]]


def samples(text: str) -> Samples:
    """Give metric → labels → value; fails on a sample that is there twice."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            of_name = found.setdefault(sample.name, {})
            labels = frozenset(sample.labels.items())
            assert labels not in of_name, f"{sample.name} {labels} twice"
            of_name[labels] = sample.value
    return found


def scraped(watcher: Watcher) -> Samples:
    """Give what a scrape would read."""
    return samples(exposition(watcher))


def labels(**values: str) -> Labels:
    """Give a label set."""
    return frozenset(values.items())
