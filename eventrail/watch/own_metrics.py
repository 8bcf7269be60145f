"""What the watch says of itself: whether it works, since when it does not, and why."""

from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily

# Faults of Eventrail itself are counted beside those of its sources.
OWN_FAULT = "eventrail"


@dataclass(slots=True)
class Tally:
    """Counted since the start. up and errors: by kind of source; last_*: of the evaluation that ended last."""

    evaluations: int = 0
    succeeded: bool | None = None
    last_duration_seconds: float | None = None
    last_success: float | None = None
    warnings: int = 0
    up: dict[str, bool] = field(default_factory=dict)
    errors: dict[str, int] = field(default_factory=dict)


Family = GaugeMetricFamily | CounterMetricFamily | InfoMetricFamily


def own_metrics(tally: Tally, *, version: str, interval_seconds: float, dashboard_url: str | None) -> list[Family]:
    """Give the families that are there whatever the sources say; last_success is in seconds since 1970."""
    evaluations = CounterMetricFamily("eventrail_evaluations", "Evaluations that have ended.", value=tally.evaluations)
    errors = CounterMetricFamily(
        "eventrail_source_errors", "Evaluations in which a source did not answer, or not wholly.", labels=["source"]
    )
    for source, count in tally.errors.items():
        errors.add_metric([source], count)
    up = GaugeMetricFamily(
        "eventrail_source_up", "Whether a source answered in the last evaluation.", labels=["source"]
    )
    for source, answers in tally.up.items():
        up.add_metric([source], float(answers))
    build = InfoMetricFamily("eventrail_build", "The version that runs.", value={"version": version})
    families: list[Family] = [evaluations, errors, up, build]
    if dashboard_url is not None:
        what = "Where the dashboard is, for links in alerts."
        families.append(InfoMetricFamily("eventrail_dashboard", what, value={"url": dashboard_url}))
    figures = {
        "eventrail_evaluation_interval_seconds": ("How often the ledger is evaluated.", interval_seconds),
        "eventrail_evaluation_success": (
            "Whether the last evaluation gave figures; without, there are none of the ledger.",
            tally.succeeded,
        ),
        "eventrail_evaluation_duration_seconds": ("How long the last evaluation took.", tally.last_duration_seconds),
        "eventrail_last_success_timestamp_seconds": ("When an evaluation last gave figures.", tally.last_success),
        "eventrail_answer_warnings": ("What is doubtful about the last evaluation.", tally.warnings),
    }
    families += [
        GaugeMetricFamily(name, what, value=float(value))
        for name, (what, value) in figures.items()
        if value is not None
    ]
    return families
