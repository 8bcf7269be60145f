"""Every page on the recorded story: what a reader finds there."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.components import trace, unacked
from dashboard.components.place import TIME_PARAMETERS, WINDOW_MINUTES
from eventrail.configuration.sections import DashboardSection
from eventrail.model.answers import SourceCheck
from eventrail.model.window import Window
from eventrail.sources.file_logs import FileLogs
from eventrail.sources.ports import Sources
from eventrail.testing.builders import START
from tests.dashboard.conftest import OpenPage, forget_answers
from tests.dashboard.story import HOSTILE, HUNG_POD, STUCK_QUEUE, story

ROOT = Path(__file__).parents[2]


def words(app: AppTest) -> str:
    """Give all that a page says, tables aside."""
    return "\n".join([*(shown.value for shown in app.html), *(shown.value for shown in app.text)])


def table(app: AppTest, alt: str) -> Any:
    """Give the frame of the table whose spoken name begins so."""
    return next(shown.value for shown in app.dataframe if shown.proto.alt.startswith(alt))


def waterfall_of(app: AppTest) -> Any:
    """Give what goes to the waterfall's drawing."""
    return json.loads(app.get("bidi_component")[0].proto.json)


def test_now_says_first_what_is_wrong_and_who_holds_it(open_page: OpenPage) -> None:
    app = open_page("now")

    assert not app.exception
    assert [title.value for title in app.title] == ["Now"]
    assert (
        f"10 messages of {STUCK_QUEUE} not acknowledged for up to 10 min 18 s, held by {HUNG_POD} on node-b."
        in words(app)
    )
    assert "as of 2026-01-31 09:14:20 UTC" in words(app)
    assert table(app, "Queues")["queue"].tolist() == [STUCK_QUEUE]
    assert "payments" in table(app, "Services")["service"].tolist()
    assert table(app, "Alerts")["alert"].tolist() == ["MessageHeldTooLong"]


def test_the_queues_fit_beside_each_other_on_a_page_of_800_pixels(open_page: OpenPage) -> None:
    (queues,) = (shown.proto for shown in open_page("now").dataframe if shown.proto.alt.startswith("Queues"))
    widths = {name: column.get("width") for name, column in json.loads(queues.columns).items() if name != "_index"}

    assert None not in widths.values()
    # The page's own margins are 14 pixels on either side; a scroll bar may take 15.
    assert sum(widths.values()) <= 800 - 2 * 14 - 15


def test_a_live_page_that_draws_itself_anew_takes_no_new_sample(
    sources: Sources, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sampled: list[Window] = []
    check = FileLogs.check

    def counted(logs: FileLogs, window: Window) -> SourceCheck:
        sampled.append(window)
        return check(logs, window)

    forget_answers()
    monkeypatch.setattr(FileLogs, "check", counted)
    live = replace(sources, opening=None, extent=None)
    monkeypatch.setattr("dashboard.components.loading.open_sources", lambda *_: live)
    for _ in range(2):
        assert "answer" in words(open_page("now"))
        st.cache_data.clear()
    forget_answers()

    assert len(sampled) == 1


def test_a_click_on_a_queue_leads_to_its_messages(open_page: OpenPage) -> None:
    app = open_page("now")
    app.session_state["tables.clicks"] = {"now.queues": 0}
    app.run()

    assert [title.value for title in app.title] == ["Unacknowledged"]
    assert app.query_params["unacked_queue"] == STUCK_QUEUE
    assert app.selectbox(key="unacked.queue").value == STUCK_QUEUE


def test_unacknowledged_lists_the_deliveries_with_holder_and_last_line(open_page: OpenPage) -> None:
    app = open_page("unacknowledged")
    rows = table(app, "Outstanding")

    assert not app.exception
    assert len(rows) == 10
    assert rows[["stage", "correlation", "holder", "last_line"]].iloc[0].tolist() == [
        "handling",
        story().stuck[0],
        f"{HUNG_POD} · node-b",
        "waiting for lock on accounts row 8812",
    ]
    assert "10 = 10 listed + 0 unexplained: no difference" in words(app)
    assert "read from the logs" in words(app)


def test_unacknowledged_offers_to_change_nothing_where_acting_is_off(open_page: OpenPage) -> None:
    app = open_page("unacknowledged")

    assert "Dead letters" not in words(app)
    assert "acting.queue" not in {field.key for field in app.text_input}


def test_unacknowledged_keeps_its_filters_in_the_link(open_page: OpenPage) -> None:
    app = open_page("unacknowledged", unacked_stage="handling")
    assert len(table(app, "Outstanding")) == 1

    app.selectbox(key="unacked.stage").select("received").run()
    assert len(table(app, "Outstanding")) == 9
    assert app.query_params["unacked_stage"] == "received"


def test_unacknowledged_offers_what_occurs_with_how_often_and_leads_back_to_all(open_page: OpenPage) -> None:
    app = open_page("unacknowledged")
    offered = app.selectbox(key="unacked.stage")
    assert offered.options == ["every stage", "received · 9", "handling · 1"]
    assert "unacked.pod" not in {box.key for box in app.selectbox}, "one pod holds all: there is nothing to choose"

    app.text_input(key="unacked.correlation").input(story().stuck[3].upper()).run()
    assert table(app, "Outstanding")["correlation"].tolist() == [story().stuck[3]]
    assert app.query_params["unacked_correlation"] == story().stuck[3].upper()
    assert "1 of 10 not settled" in words(app)

    app.button(key="unacked.clear").click().run()
    assert len(table(app, "Outstanding")) == 10
    assert "unacked_correlation" not in app.query_params


def test_a_link_with_filters_opens_the_same_view(open_page: OpenPage) -> None:
    one = open_page("unacknowledged", unacked_pod=HUNG_POD, unacked_known="line", unacked_stage="handling")
    none = open_page("unacknowledged", unacked_node="node-z")

    assert table(one, "Outstanding")["correlation"].tolist() == [story().stuck[0]]
    assert one.selectbox(key="unacked.pod").value == HUNG_POD
    assert "None." in words(none)
    assert none.selectbox(key="unacked.node").value == "node-z"


def test_the_time_line_of_a_queue_shows_when_its_holder_stopped(open_page: OpenPage) -> None:
    app = open_page("unacknowledged", unacked_queue=STUCK_QUEUE)
    (drawn,) = (json.loads(chart.proto.spec) for chart in app.get("plotly_chart"))

    assert f"{HUNG_POD} · node-b holds all 10, and was handed the first of them at 09:04:02 UTC" in words(app)
    bars = [trace for trace in drawn["data"] if trace["mode"] == "lines+markers"]
    assert len(bars) == 10
    assert {trace["x"][1] for trace in bars} == {max(trace["x"][1] for trace in bars)}, "all reach to the instant"
    marks = [shape["x0"] for shape in drawn["layout"]["shapes"]]
    assert marks == [min(trace["x"][0] for trace in bars)] * len(drawn["layout"]["annotations"])


def test_a_queue_that_nobody_measures_has_its_bars_all_the_same(
    open_page: OpenPage, put_down: Callable[..., None]
) -> None:
    put_down("metrics")
    app = open_page("unacknowledged", unacked_queue=STUCK_QUEUE)

    assert not app.exception
    assert f"{HUNG_POD} · node-b holds all 10" in words(app)
    assert app.get("plotly_chart")


def test_a_queue_that_drained_is_not_an_empty_page(open_page: OpenPage) -> None:
    app = open_page("unacknowledged", unacked_queue="drained")

    assert "Nothing of drained is unacknowledged." in words(app)
    assert app.selectbox(key="unacked.queue").value == "drained"


def test_a_click_on_a_delivery_leads_to_its_event(open_page: OpenPage) -> None:
    app = open_page("unacknowledged")
    app.session_state["tables.clicks"] = {"unacked.deliveries": 0}
    app.run()

    assert [title.value for title in app.title] == ["Trace"]
    assert app.query_params["trace_id"] == story().stuck[0]


def test_trace_shows_where_an_event_is_stuck(open_page: OpenPage) -> None:
    app = open_page("trace", trace_id=story().stuck[0])

    assert not app.exception
    assert f"Stuck at payments for 10 min 18 s, held by {HUNG_POD} on node-b." in words(app)
    assert "not settled: handling" in words(app)
    drawn = waterfall_of(app)
    assert drawn["lanes"]["words"][-2] == "waited 39 ms · handling, not settled for 10 min 18 s"
    assert drawn["nowLabel"] == "09:14:20"
    assert table(app, "The event")["line"].tolist()[-1] == "waiting for lock on accounts row 8812"
    assert app.get("plotly_chart"), "the metrics on the way"


def test_what_should_have_come_stands_below_what_it_waits_for_and_tells_its_reasons(open_page: OpenPage) -> None:
    lanes = waterfall_of(open_page("trace", trace_id=story().stuck[0]))["lanes"]

    assert [lane for lane, expected in enumerate(lanes["expected"]) if expected] == [len(lanes["step"]) - 1]
    assert lanes["words"][-1] == "expected within 105 ms (p99 of 411), nothing for 10 min 18 s"
    assert lanes["parent"][-1] == len(lanes["step"]) - 2

    app = open_page("trace", trace_id=story().stuck[0], trace_step=lanes["step"][-1])
    assert "Expected, has not come" in words(app)
    assert waterfall_of(app)["chosen"] == lanes["step"][-1]


@pytest.mark.parametrize("drawing", ["sequence", "flow"])
def test_every_drawing_shows_what_should_have_come(open_page: OpenPage, drawing: str) -> None:
    app = open_page("trace", trace_id=story().stuck[0], trace_drawing=drawing)

    assert not app.exception
    shown = app.get("graphviz_chart" if drawing == "flow" else "bidi_component")[0]
    assert "nothing for 10 min 18 s" in str(shown.proto)


def test_a_whole_event_is_drawn_without_anything_expected(open_page: OpenPage) -> None:
    app = open_page("trace", trace_id="event-0001")

    assert "Nothing is missing" in words(app)
    assert not any(waterfall_of(app)["lanes"]["expected"])


def test_the_link_chooses_the_step_that_is_told(open_page: OpenPage) -> None:
    app = open_page("trace", trace_id=story().stuck[0], trace_step=f"publish:b-{int(story().stuck[0][-4:])}")

    assert "not settled: handling" not in words(app)
    assert "Publish" in words(app)


def test_a_click_on_a_line_goes_to_its_step_and_shows_it_there(open_page: OpenPage) -> None:
    app = open_page("trace", trace_id=story().stuck[0], trace_step="publish:a-121")
    shown = table(app, "The event")["line"].tolist()
    app.session_state["tables.clicks"] = {"trace.lines": shown.index("waiting for lock on accounts row 8812")}
    app.run()

    assert not app.exception
    assert "not settled: handling" in words(app)
    assert app.query_params["trace_step"] == waterfall_of(app)["chosen"]
    assert [code.value for code in app.code] == ["waiting for lock on accounts row 8812"]


def test_a_line_is_shown_whole_on_demand_and_as_text(open_page: OpenPage) -> None:
    app = open_page("trace", trace_id=story().stuck[0])
    choice = app.selectbox(key="trace.line.chosen")
    (hostile,) = [option for option in choice.options if "<img" in option]
    choice.select(hostile).run()
    assert [code.value for code in app.code] == [HOSTILE.replace("\x1b", "␛")]

    app.session_state["trace.raw"] = True
    app.run()

    line, document = (code.value for code in app.code)
    assert json.loads(document)["message"] == json.loads(json.dumps(line)).replace("␛", "\x1b")
    assert "not the whole document" in words(app)


def test_a_link_to_a_line_of_another_event_shows_none(open_page: OpenPage) -> None:
    app = open_page("trace", trace_id=story().stuck[0], trace_line="application-secret/1")

    assert not app.exception
    assert not app.code


def test_log_text_is_shown_as_text(open_page: OpenPage) -> None:
    app = open_page("trace", trace_id=story().stuck[0])

    assert HOSTILE.replace("\x1b", "␛") in table(app, "The event")["line"].tolist()
    assert "&lt;img src=x onerror=" in words(app)
    assert "<img" not in words(app)
    assert not [shown.value for shown in app.markdown if "bold" in shown.value]


def test_a_search_lists_what_it_found_newest_first(open_page: OpenPage) -> None:
    app = open_page("trace", trace_find="card.purchased")
    found = table(app, "Events found")

    assert len(found) == 50
    assert found["matched"].unique().tolist() == ["event type"]
    assert found["newest"].is_monotonic_decreasing


def test_a_whole_id_typed_into_the_search_opens_its_event(open_page: OpenPage) -> None:
    app = open_page("trace")
    app.text_input(key="trace.typed").set_value(story().stuck[1]).run()

    assert app.query_params["trace_find"] == story().stuck[1]
    assert "Stuck at payments" in words(app)


def test_an_unknown_id_says_so_and_where_was_searched(open_page: OpenPage) -> None:
    app = open_page("trace", trace_id="no-such-event")

    assert "No line carries the correlation ID no-such-event." in words(app)
    assert "2026-01-31 09:00 to 2026-01-31 09:14 UTC" in words(app)
    app.button(key="trace.wider").click().run()
    assert app.query_params["at"] == "2026-01-31T09:15:00Z"
    assert "That is all the recording holds." in words(app)


def test_trace_without_a_search_offers_the_events_held_up_longest(open_page: OpenPage) -> None:
    app = open_page("trace")

    assert table(app, "Events held")["event"].tolist()[0] == story().stuck[0]


def test_sources_say_what_was_found_in_each_and_how_far_behind_the_logs_are(open_page: OpenPage) -> None:
    app = open_page("sources")

    assert not app.exception
    assert "recording story.eventrail" in words(app)
    assert "recorded from" in words(app)
    assert HUNG_POD in table(app, "How far")["pod"].tolist()


def test_an_instant_in_the_link_is_the_one_shown_on_every_page(open_page: OpenPage) -> None:
    before_the_hang = "2026-01-31T09:03:00Z"
    for page in ("now", "unacknowledged", "sources"):
        app = open_page(page, at=before_the_hang)
        assert "as of 2026-01-31 09:03:00 UTC" in words(app), page
    assert "No message is unacknowledged." in words(open_page("now", at=before_the_hang))


def test_an_instant_that_is_none_is_named_and_the_mark_shown(open_page: OpenPage) -> None:
    app = open_page("now", at="teatime")

    assert "“teatime” is no time; shown instead is" in words(app)
    assert "as of 2026-01-31 09:14:20 UTC" in words(app)


def test_a_typed_time_of_day_is_one_of_the_recordings_day(open_page: OpenPage) -> None:
    app = open_page("now")
    app.text_input(key="time_bar.typed").set_value("09:03").run()

    assert app.query_params["at"] == "2026-01-31T09:03:00Z"
    assert "as of 2026-01-31 09:03:00 UTC" in words(app)


def test_a_recording_plays_pauses_and_returns_to_its_mark(open_page: OpenPage) -> None:
    app = open_page("now", at="2026-01-31T09:03:00Z")
    app.button(key="time_bar.play").click().run()
    assert app.button(key="time_bar.pause")

    app.button(key="time_bar.pause").click().run()
    assert app.button(key="time_bar.play")
    assert app.query_params["at"].startswith("2026-01-31T09:03:0")

    app.button(key="time_bar.mark").click().run()
    assert "as of 2026-01-31 09:14:20 UTC" in words(app)


def test_the_slider_moves_through_the_recording(open_page: OpenPage) -> None:
    app = open_page("now")
    app.slider(key="time_bar.slider").set_value(START).run()

    assert app.query_params["at"] == "2026-01-31T09:00:00Z"


def test_what_was_chosen_is_remembered_while_other_pages_are_visited(open_page: OpenPage) -> None:
    app = open_page("trace", trace_id=story().stuck[0], at="2026-01-31T09:10:00Z")
    app.query_params.clear()
    app.switch_page("views/unacknowledged.py").run()
    assert app.query_params["at"] == "2026-01-31T09:10:00Z"
    assert "trace_id" not in app.query_params

    app.query_params.clear()
    app.switch_page("views/trace.py").run()
    assert app.query_params["trace_id"] == story().stuck[0]
    assert "Stuck at payments" in words(app)


def test_the_window_of_the_curves_is_in_the_link(open_page: OpenPage) -> None:
    app = open_page("now", last="5")
    assert "curves: last 5 min" in words(app)

    app.selectbox(key="time_bar.window").select("60").run()
    assert app.query_params["last"] == "60"
    assert "curves: last 1 h" in words(app)


def test_every_length_of_the_curves_that_can_be_configured_can_be_chosen() -> None:
    allowed = DashboardSection.model_json_schema()["properties"]["window_minutes"]["enum"]

    assert [str(minutes) for minutes in allowed] == list(WINDOW_MINUTES)


def test_the_documentation_tells_every_name_in_a_link() -> None:
    told = re.findall(r"`(\w+)`", (ROOT / "docs/dashboard.md").read_text(encoding="utf-8"))

    assert {*TIME_PARAMETERS, *trace.PARAMETERS, *unacked.PARAMETERS} <= set(told)


def test_the_shipped_recording_opens_while_its_consumer_hangs(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, put_down: object
) -> None:
    monkeypatch.setenv("EVENTRAIL_SOURCE", f"recording:{ROOT / 'recordings/hung-consumer.eventrail'}")
    app = open_page("now")

    assert "of payments.card-authorised not acknowledged for up to 6 min" in words(app)
    assert table(app, "Queues")["listed"].iloc[0].startswith("✔")
