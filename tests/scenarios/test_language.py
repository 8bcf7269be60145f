"""The language of docs/scenarios.md: what it reads, what it refuses and how, and what a failure looks like."""

from textwrap import dedent

import pytest

from eventrail.testing.scenario.durations import duration_text, read_duration
from eventrail.testing.scenario.errors import ExpectationError, ScenarioError
from eventrail.testing.scenario.scenario import Scenario

STORY = """
load
    0s     cards-1  publish  m1  card.requested
    100ms  fraud-1  receive  m1  fraud.card-requested
    300ms  fraud-1  settle   m1  ack

eval trace at 1m
"""


def scenario(text: str) -> Scenario:
    return Scenario(dedent(text).lstrip("\n"), "a.scenario")


def answers(text: str) -> list[str]:
    """Give what the first expect block says as it would be regenerated."""
    return [*scenario(text).compare()[0].written()]


@pytest.mark.parametrize("text", ["0s", "250ms", "1.5s", "14m2s", "1d", "1d0.1s", "2h3m4.000005s", "-4.9s", "0.25ms"])
def test_times_are_read_as_they_are_said(text: str) -> None:
    length = read_duration(text)

    assert length is not None
    assert duration_text(length) == text


@pytest.mark.parametrize("text", ["", "s", "1", "1.5", "1 s", "soon", "1s later"])
def test_what_is_no_time_is_not_guessed(text: str) -> None:
    assert read_duration(text) is None


def test_an_expectation_that_does_not_hold_shows_the_whole_section_both_ways() -> None:
    text = f"""{STORY}
expect state: complete
expect steps
    kind  queue  from  state
    publish  -  0s  complete
    wait  fraud.card-requested  0s  complete
    handle  fraud.card-requested  100ms  outstanding
"""

    with pytest.raises(ExpectationError) as failure:
        scenario(text).check()

    assert str(failure.value) == dedent(
        """
        what is said is not what is expected

        a.scenario:9: expect steps (- expected, + actual)
              kind     queue                 from   state
              publish  -                     0s     complete
              wait     fraud.card-requested  0s     complete
            - handle   fraud.card-requested  100ms  outstanding
            + handle   fraud.card-requested  100ms  complete
        """
    ).strip("\n")


def test_every_expectation_that_does_not_hold_is_shown() -> None:
    text = f"{STORY}expect state: failed\nexpect time: began 0s, ended 300ms\nexpect warnings: a good deal\n"

    with pytest.raises(ExpectationError) as failure:
        scenario(text).check()

    assert "expect state" in str(failure.value)
    assert "expect warnings" in str(failure.value)
    assert "expect time" not in str(failure.value)


def test_regenerating_writes_the_expect_blocks_and_leaves_all_else() -> None:
    text = f"""# Why this is told.
{STORY}
# It must be complete.
expect state: failed
expect steps
    kind  state
    publish  failed

# No more is said.
"""

    written = scenario(text).regenerated()

    assert written == scenario(text).text.replace("failed\nexpect steps", "complete\nexpect steps").replace(
        "    kind  state\n    publish  failed\n",
        "    kind     state\n    publish  complete\n    wait     complete\n    handle   complete\n",
    )
    assert Scenario(written, "a.scenario").regenerated() == written
    Scenario(written, "a.scenario").check()


def test_a_comment_is_not_lost_by_regenerating() -> None:
    text = f"{STORY}expect steps\n    kind  state\n    # The publish.\n    publish  failed\n"

    with pytest.raises(ScenarioError, match=r"a\.scenario:9: a comment inside an expect block; put it above the block"):
        scenario(text).regenerated()


def test_a_line_may_be_missing_though_the_deed_was_done() -> None:
    load = """
        load
            0s  cards-1  publish  m1  card.requested  (not logged)
            1s  fraud-1  receive  m1  fraud.card-requested
        eval trace at 1m
        expect steps
            kind  exchange  routing_key
        """

    assert answers(load)[2:] == ["    handle  bank.events  card.requested"]


def test_a_field_may_be_left_out_of_what_the_words_say() -> None:
    load = """
        pods
            cards-1  node=node-c  namespace=
        load
            0s  cards-1  publish  m1  card.requested  message_id=
            1s  fraud-1  receive  m1  fraud.card-requested  "routing_key=with spaces"  delivery_tag=7
        eval trace at 1m
        expect steps
            kind  node  message  routing_key
        """

    assert answers(load)[2:] == [
        "    publish  node-c  -        card.requested",
        "    wait     -       -        card.requested",
        "    handle   node-a  m1       with spaces",
    ]


def test_a_clock_that_is_off_moves_the_times_of_its_node_only() -> None:
    load = """
        pods
            fraud-1  node=node-b
        clocks
            node-b  2s behind
        load
            5s  cards-1  publish  m1  card.requested
            6s  fraud-1  receive  m1  fraud.card-requested
        eval trace at 1m
        expect steps
            kind  from
        """

    assert answers(load)[2:] == ["    handle   4s", "    publish  5s", "    wait     5s"]


def test_a_repetition_counts_and_moves_on() -> None:
    load = """
        load
            repeat 3 times every 10ms
                1s  cards-1  log  "line {n}, balance=3"
        eval trace at 1m
        expect log lines
            at  text
        """

    assert answers(load)[2:] == [
        "    1s     line 1, balance=3",
        "    1.01s  line 2, balance=3",
        "    1.02s  line 3, balance=3",
    ]


def test_hostile_text_stays_in_its_cell() -> None:
    load = """
        load
            0s  cards-1  log  "two  spaces\x1b[31m"
        eval trace at 1m
        expect log lines
            text
        """

    assert answers(load)[2] == r"    two\u0020\u0020spaces\u001b[31m"


def test_another_event_is_asked_by_its_id() -> None:
    load = """
        load
            0s  cards-1  publish  m1  card.requested  correlation_id="event 2"
            1s  cards-1  publish  m2  card.requested  outcome=unroutable
        eval trace "event 2" at 1m
        expect steps
            message
        """

    assert answers(load)[2] == "    m1"


HISTORY = """
history 20 times every 10s varying 50% seed 3
    0s     cards-1  publish  m1  card.requested
    100ms  fraud-1  receive  m1  fraud.card-requested
    300ms  fraud-1  settle   m1  ack
"""


def test_a_history_ends_before_the_start_and_is_the_same_each_time() -> None:
    text = f"{HISTORY}{STORY}expect twin\n    x\neval trace earlier-20 at 1m\nexpect steps\n    message  from  to"

    twin, steps = scenario(text).compare()

    assert twin.actual[0].startswith("twin earlier-20: completed in")
    assert twin.actual[0].endswith(
        "began 10 s earlier, the closest in time of 20 completed events that went the same way"
    )
    assert [line.split()[0] for line in steps.actual[1:]] == ["earlier-20.m1"] * 3
    assert steps.actual[1].split()[1] == "-10s"
    assert scenario(text).compare()[1].actual == steps.actual


def test_events_of_a_history_vary_and_those_of_another_one_go_on_counting() -> None:
    ask = "eval trace {} at 1m\nexpect time: ?\n"
    text = f"{HISTORY}{HISTORY}{STORY}{ask.format('earlier-1')}{ask.format('earlier-2')}{ask.format('earlier-40')}"

    first, second, last = (compared.actual[0] for compared in scenario(text).compare())

    assert first.startswith("began -3m20s, ended -3m19.")
    assert first[-6:] != second[-6:]
    assert last.startswith("began -10s, ended -9.")


def test_another_event_than_the_one_named_is_not_taken_for_the_twin() -> None:
    assert answers(f"{HISTORY}{STORY}expect difference to twin earlier-7\n    step  differs") == [
        "expect difference to twin earlier-7: the twin is earlier-20"
    ]


def test_without_a_history_nothing_is_usual() -> None:
    assert answers(f"{STORY}expect missing: none") == ["expect missing: none"]
    assert answers(f"{STORY}expect twin: ?") == ["expect twin: no event of the type has completed"]
    assert answers(f"{STORY}expect usual: none") == ["expect usual: none"]


REFUSALS = {
    "a gauge that is none": ("gauges\n    0s q redy=1", 2, "the name one of ready, unacked, consumers"),
    "a gauge of no queue": ("gauges\n    0s", 2, "write TIME QUEUE ready=3"),
    "an indented line first": ("    0s cards-1 log x", 1, "an indented line without a heading"),
    "a heading that is none": (
        "lead\n    0s cards-1 log x",
        1,
        "take one of pods, clocks, routes, history, load, gauges, eval",
    ),
    "tabs": ("load\n\t0s cards-1 log x", 2, "indent by spaces"),
    "a line too short": ("load\n    0s cards-1", 2, "say when, who and what"),
    "no time": ("load\n    soon cards-1 log x", 2, "“soon” is no time; write 250ms"),
    "no verb": ("load\n    0s cards-1 sends m1", 2, "“sends” is no verb; take one of publish, receive"),
    "too few words": ("load\n    0s cards-1 publish m1", 2, "write publish MESSAGE_ID EVENT_TYPE, then fields"),
    "too many words": ("load\n    0s cards-1 process m1 q now", 2, "“process m1 q now” says too much"),
    "no settlement": ("load\n    0s cards-1 settle m1 nack", 2, "take one of ack, requeue, discard"),
    "no field": ("pods\n    cards-1 rack=7", 2, "“rack=7” is no field of a line; write name=value"),
    "a value of another type": ("load\n    0s cards-1 log x sequence=many", 2, "write a whole number"),
    "a truth that is none": ("load\n    0s cards-1 log x redelivered=1", 2, "write true or false"),
    "a quote without end": ('load\n    0s cards-1 log "x', 2, "end the quote"),
    "no mark": ("load\n    0s cards-1 log x (lost)", 2, "write one of (not logged), (read twice), (shipped twice)"),
    "no way to load": ("load backwards\n    0s cards-1 log x", 1, "write load, or load reversed"),
    "no repetition": ("load\n    repeat often\n        0s cards-1 log x", 2, "write repeat 300 times every 10ms"),
    "nothing repeated": ("load\n    repeat 2 times every 1s\n    0s cards-1 log x", 2, "indent the lines below"),
    "no clock": ("clocks\n    node-b 5s off", 2, "write NODE 5s ahead, or NODE 5s behind"),
    "no route": ("routes\n    bank.events q", 2, "write EXCHANGE ROUTING_KEY QUEUE"),
    "expecting first": ("expect state: complete", 1, "write eval trace at TIME above it"),
    "asking first": ("eval trace at 1m", 1, "write a load block above it"),
    "asking nothing known": ("load\n    0s cards-1 log x\neval ledger at 1m", 3, "write eval trace [CORRELATION_ID]"),
    "expecting nothing": (STORY, 1, "write expect blocks below an eval"),
    "no section": (f"{STORY}expect moods: good", 8, "take one of state, sentence"),
    "a section that takes no words": (
        f"{STORY}expect state of affairs: good",
        8,
        "“of affairs” says nothing more of state",
    ),
    "no history": ("history 20 times\n    0s cards-1 publish m1 x", 1, "write history 200 times every 15s varying 20%"),
    "a history of no length": ("history 20 times every day\n    0s cards-1 publish m1 x", 1, "as a time write 250ms"),
    "an empty history": ("history 20 times every 1s", 1, "indent deeds below it"),
    "a history that overlaps": (
        "history 2 times every 1s\n    0s a-1 publish m x\n    1s a-1 log x",
        3,
        "further apart",
    ),
    "a wrong deed in it": ("history 2 times every 1s\n    0s cards-1 sends m1", 2, "“sends” is no verb"),
    "no column of what is missing": (f"{STORY}expect missing\n    step  mood", 8, "names some of: step, after, within"),
    "no column of clocks": (f"{STORY}expect clocks\n    clock  mood", 8, "names some of: clock, steps, messages"),
    "no column": (f"{STORY}expect steps\n    kind  mood", 8, "“mood” is no column"),
    "said in two places": (f"{STORY}expect state: failed\n    complete", 8, "say it in one place"),
}


@pytest.mark.parametrize(("text", "line", "remedy"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_not_of_the_language_is_refused_with_its_line_and_a_remedy(text: str, line: int, remedy: str) -> None:
    with pytest.raises(ScenarioError) as refusal:
        Scenario(text, "a.scenario").compare()

    assert str(refusal.value).startswith(f"a.scenario:{line}: ")
    assert remedy in str(refusal.value)
