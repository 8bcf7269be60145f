"""What stands in the tables and figures of the pages, from real answers to the story."""

from dataclasses import replace
from datetime import datetime

import pandas as pd
import pytest

from dashboard.shaping import curves, details, lines, overview, unacked
from dashboard.shaping.delivery_list import all_deliveries, delivery_table
from dashboard.shaping.freshness import freshness_table
from dashboard.shaping.headline import moment_parts, source_parts
from eventrail.analysis.assemble import assemble_trace
from eventrail.investigate.answers import Moment, Overview, TraceAnswer, UnackedAnswer
from eventrail.investigate.overview import investigate_overview
from eventrail.investigate.tracing import investigate_trace
from eventrail.investigate.unacked import investigate_unacked
from eventrail.model.answers import SourceCheck
from eventrail.model.trace import Trace
from eventrail.sources.ports import Sources
from eventrail.testing.builders import EventBook
from tests.dashboard.story import AS_OF, END, HOSTILE, HUNG_POD, STUCK_QUEUE, story

NOW = END
UP = overview.Answering(logs=True, metrics=True)


@pytest.fixture(scope="module")
def seen(sources: Sources) -> Overview:
    return investigate_overview(sources, now=NOW)


@pytest.fixture(scope="module")
def held(sources: Sources) -> UnackedAnswer:
    return investigate_unacked(sources, now=NOW)


@pytest.fixture(scope="module")
def followed(sources: Sources) -> TraceAnswer:
    return investigate_trace(sources, story().stuck[0], now=NOW)


@pytest.fixture(scope="module")
def trace(followed: TraceAnswer) -> Trace:
    assert followed.trace is not None
    return followed.trace


def test_the_cards_say_how_many_how_old_and_how_alarming(seen: Overview) -> None:
    cards = {card.label: card for card in overview.cards(seen, UP)}

    assert cards["unacknowledged"].figure == "10"
    assert (cards["oldest"].figure, cards["oldest"].tone) == ("10 min 18 s", "bad")
    assert cards["events held up"].figure == "10"
    assert (cards["services with errors"].figure, cards["services with errors"].tone) == ("1", "warn")
    assert (cards["alerts"].figure, cards["alerts"].tone) == ("1", "bad")


def test_a_queue_names_its_holder_and_whether_gauge_and_list_agree(seen: Overview) -> None:
    row = overview.queue_table(seen).iloc[0]

    assert row[["queue", "unacked", "listed", "holder", "tone"]].tolist() == [
        STUCK_QUEUE,
        10,
        "✔ 10",
        f"{HUNG_POD} · node-b",
        "bad",
    ]


def test_a_list_that_differs_from_the_gauge_is_marked_and_one_without_a_gauge_is_not(seen: Overview) -> None:
    queues = pd.concat([seen.queues.head(1)] * 3, ignore_index=True)
    queues["agrees"] = pd.array([False, None, None], dtype="boolean")
    queues["unacked"] = pd.array([12, None, 0], dtype="Int64")
    queues["listed"] = pd.array([10, 10, 0], dtype="Int64")

    assert overview.queue_table(replace(seen, queues=queues))["listed"].tolist() == ["✖ 10", "10", "–"]


def test_what_is_settled_stands_beside_what_comes_in(seen: Overview) -> None:
    queues = pd.concat([seen.queues.head(1)] * 3, ignore_index=True)
    queues["settle_rate"] = pd.array([0.0, 1.26, None], dtype="Float64")
    queues["publish_rate"] = pd.array([4.2, None, None], dtype="Float64")

    assert overview.queue_table(replace(seen, queues=queues))["flow"].tolist() == ["0.0 · 4.2", "1.3 · –", "–"]


def test_the_curve_of_a_queue_is_equally_spaced_and_ends_at_the_present_count(seen: Overview) -> None:
    curve = overview.queue_table(seen)["curve"].iloc[0]

    assert len(curve) == overview.SPARKLINE_POINTS
    assert (curve[0], curve[-1]) == (0.0, 10.0)


def test_an_overview_of_nothing_has_empty_tables_and_dashes(seen: Overview) -> None:
    nothing = Overview(
        seen.moment,
        seen.sentence,
        type(seen.ledger)(seen.ledger.as_of, (), ()),
        seen.queues.iloc[:0],
        seen.series.iloc[:0],
        seen.services.iloc[:0],
        seen.alerts.iloc[:0],
        (),
        (),
    )

    assert overview.queue_table(nothing).empty
    assert overview.alert_table(nothing).empty
    assert overview.held_events(nothing).empty
    assert {card.figure for card in overview.cards(nothing, UP)} == {"0", "–"}


def test_the_deliveries_are_listed_oldest_first_with_the_holders_last_line(held: UnackedAnswer) -> None:
    rows = delivery_table(all_deliveries(held))

    assert rows["age"].is_monotonic_decreasing
    assert rows[["stage", "correlation", "holder", "how"]].iloc[0].tolist() == [
        "handling",
        story().stuck[0],
        f"{HUNG_POD} · node-b",
        "its own line",
    ]
    assert rows["last_line"].tolist() == ["waiting for lock on accounts row 8812"] + ["–"] * 9


def test_no_queue_is_chosen_where_the_link_names_one_that_holds_nothing(held: UnackedAnswer) -> None:
    assert unacked.chosen_ledger(held, "drained", "") is None


def test_the_panel_speaks_of_the_outstanding_delivery_unless_another_step_is_asked_for(trace: Trace) -> None:
    step = details.chosen_step(trace, asked="")
    assert step is not None
    facts = {fact.name: fact.words for fact in details.facts(step)}

    assert facts["state"] == "not settled: handling"
    assert facts["pod · node"] == f"{HUNG_POD} · node-b"
    assert facts["not settled for"] == "10 min 18 s"
    assert facts["how we know"] == "stated by its own log lines"
    other = details.chosen_step(trace, asked=str(trace.steps["id"].iloc[0]))
    assert other is not None
    assert details.title(other) == "Publish"


def test_what_is_inferred_is_said() -> None:
    assert details.how_we_know("pod,handling_start") == "inferred, no line states: pod, handling start"


def test_lines_and_steps_stand_in_one_order_and_hostile_text_is_seen(trace: Trace) -> None:
    told = lines.line_table(trace)

    assert told["time"].is_monotonic_increasing
    assert told["line"].iloc[:2].tolist() == ["POST /purchase 121", "◆ publishes card.purchased"]
    assert HOSTILE.replace("\x1b", "␛") in set(told["line"])
    written = told[told["level"] != lines.STEP_LEVEL]
    assert len(lines.line_table(trace, with_steps=False)) == len(written) == 3
    assert written["step"].tolist() == ["publishes card.purchased", *["handles card.authorised"] * 2]
    assert written["document_id"].notna().all()


@pytest.fixture(scope="module")
def answered() -> Trace:
    """Limits answers a call and makes one; who called logs nothing."""
    book = EventBook()
    book.call(1.0, pod="limits-1", peer_service="", span_kind="server", span_id="s-1", duration_seconds=0.4)
    book.call(0.9, pod="limits-1", peer_service="rates", method="Rates/Get", parent_span_id="s-1", duration_seconds=0.1)
    return assemble_trace("event-1", book.events(), book.time(2.0))


def test_the_side_that_answers_a_call_is_not_said_to_call(answered: Trace) -> None:
    assert lines.line_table(answered)["line"].tolist() == [
        "◆ answers Limits/Check",
        "◆ calls rates Rates/Get",
        "◆ call ends: ok",
        "◆ answered: ok",
    ]


def test_the_panel_names_which_side_of_a_call_it_speaks_of(answered: Trace) -> None:
    told = []
    for identifier in answered.steps["id"]:
        step = details.chosen_step(answered, identifier)
        assert step is not None
        facts = {fact.name: fact.words for fact in details.facts(step)}
        told.append((details.title(step), facts.get("answers"), facts.get("calls")))

    assert told == [
        ("Answer to a synchronous call", "Limits/Check", None),
        ("Synchronous call", None, "rates · Rates/Get"),
    ]


def test_the_lines_of_a_step_are_its_own(trace: Trace) -> None:
    step = details.chosen_step(trace, asked="")
    assert step is not None
    here = lines.lines_of_step(trace, step)

    assert here["line"].tolist()[-1] == "waiting for lock on accounts row 8812"
    assert set(here["pod"]) == {HUNG_POD}


def test_metrics_become_panels_with_a_curve_for_each_queue_pod_and_node(followed: TraceAnswer) -> None:
    panels = {panel.title: [curve.name for curve in panel.curves] for panel in curves.panels(followed.metrics, {})}

    assert panels["unacknowledged messages"] == [STUCK_QUEUE, "fraud.card-purchased"]
    assert HUNG_POD in panels["deliveries held by the pod"]
    assert "memory of the pod" in curves.missing(followed.metrics)


def test_many_curves_leave_out_the_lowest_and_say_so() -> None:
    frame = pd.DataFrame({"time": [pd.Timestamp(AS_OF)] * 20, "pod": [f"p-{n}" for n in range(20)], "value": range(20)})
    (panel,) = curves.panels({"pod_cpu_cores": frame}, {})

    assert (len(panel.curves), panel.left_out, panel.curves[0].name) == (curves.MOST_CURVES, 12, "p-19")


def test_a_pods_curve_has_the_colour_of_its_service_and_sums_its_queues(trace: Trace) -> None:
    frame = pd.DataFrame(
        {"time": [pd.Timestamp(AS_OF)] * 2, "pod": [HUNG_POD] * 2, "queue": ["a", "b"], "value": [10.0, 1.0]}
    )
    (panel,) = curves.panels({"pod_in_flight": frame}, curves.owners_of(trace.steps))

    assert [(curve.name, curve.owner) for curve in panel.curves] == [(HUNG_POD, "payments")]
    assert panel.curves[0].points["value"].tolist() == [11.0]


def test_both_sides_of_a_call_tell_their_own_story(trace: Trace) -> None:
    told = lines.line_table(trace)

    assert told[told["pod"] == "limits-1"]["line"].tolist() == ["◆ answers Limits/Check", "◆ answered: ok"]
    assert "◆ calls limits Limits/Check" in set(told[told["pod"] == "fraud-1"]["line"])


def moment(behind_seconds: float, complete_to: datetime | None = AS_OF) -> Moment:
    at = pd.Timestamp(AS_OF)
    marked = None if complete_to is None else pd.Timestamp(complete_to)
    return Moment(at, at + pd.Timedelta(seconds=behind_seconds), marked, behind_seconds, live=True)


def test_the_line_says_how_far_behind_the_logs_are() -> None:
    assert [part.words for part in moment_parts(moment(6.0))] == [
        "as of 09:14:20 UTC",
        "logs complete to 09:14:20 (6.0 s behind)",
    ]
    assert moment_parts(moment(60.0))[1].tone == "warn"
    assert moment_parts(moment(0.0, complete_to=None))[1].words == "how complete the logs are cannot be told"


def test_the_line_says_which_sources_answer_and_which_do_not() -> None:
    checks = [SourceCheck("Prometheus", "a", reachable=True), SourceCheck("RabbitMQ", "b", reachable=False)]

    assert [part.words for part in source_parts(checks)] == ["Prometheus answers", "RabbitMQ does not answer"]
    assert source_parts(())[0].tone == "bad"


def test_a_pod_with_a_heartbeat_that_falls_silent_alarms_and_a_quiet_one_does_not() -> None:
    silent = pd.Timestamp(AS_OF) - pd.Timedelta(seconds=90)
    pods = pd.DataFrame(
        {
            "service": ["payments", "cards"],
            "pod": ["payments-1", "cards-1"],
            "node": ["node-a", None],
            "newest": [silent, silent],
            "documents": [100, 3],
            "heartbeats": [18, 0],
        }
    )
    rows = freshness_table(pods, AS_OF).set_index("pod")

    assert rows["tone"].to_dict() == {"cards-1": "plain", "payments-1": "bad"}
    assert rows.loc["cards-1", "kind"] == "none: may be merely quiet"
