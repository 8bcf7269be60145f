"""The Markdown summary of a trace, as a reader in a chat or a ticket sees it."""

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from eventrail.harmless import plain
from eventrail.model.problem import Problem
from eventrail.model.trace import Trace
from eventrail.report.markdown import code, prose, table
from eventrail.report.trace_markdown import STEPS_MAX, trace_markdown
from tests.report.stories import hostile, large, refused, sentence, stuck

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def summary(trace: Trace, *problems: Problem) -> str:
    return trace_markdown(trace, sentence(trace), problems)


def rows_under(title: str, text: str) -> list[list[str]]:
    """The cells of the table that follows a title, its head left out."""
    part = text.split(f"**{title}", 1)[1]
    lines = [line for line in part.split("\n\n", 2)[1].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line[2:-2].split(" | ")] for line in lines[2:]]


def test_a_stuck_event_says_first_where_it_is_then_who_holds_what_since_when() -> None:
    text = summary(stuck())

    assert text.startswith("**Stuck at receipts for 57 s, held by receipts-2 on node-b.**\n")
    assert "- event: `event-1` (order.placed)\n- state: outstanding\n" in text
    assert "- started: 2026-01-31 09:00:01.000 UTC\n- ended: not yet\n- as of: 2026-01-31 09:01:00.000 UTC\n" in text
    assert "- services: `orders`, `payments`, `limits`, `receipts`\n- log lines: 0\n" in text
    assert rows_under("Open: 2", text) == [
        ["waiting in the queue", "`parcels`", "`m3`", "–", "2026-01-31 09:00:01.650 UTC", "58 s", "1"],
        [
            "being handled",
            "`receipts`",
            "`m2`",
            "`receipts-2` on `node-b`, version `2.4.1`",
            "2026-01-31 09:00:03.000 UTC",
            "57 s",
            "1",
        ],
    ]
    steps = rows_under("Steps: ", text)
    assert len(steps) == len(stuck().steps)
    again = next(row for row in steps if "attempt 2" in row[1] and row[1].startswith("handle"))
    assert again[:4] == ["+0.500 s", "handle order.placed (attempt 2)", "`payments`", "`payments-2`"]


def test_an_event_that_ended_says_when_and_after_how_long() -> None:
    text = summary(refused())

    assert text.startswith("**Failed at payments: CardError.**")
    assert "- ended: 2026-01-31 09:00:01.400 UTC, after 400 ms\n" in text
    assert "**Open" not in text


def test_of_many_steps_the_open_and_the_failed_stay_and_the_rest_is_counted() -> None:
    trace = large()
    text = summary(trace)

    rows = rows_under(f"Steps: {STEPS_MAX} of 600", text)
    assert len(rows) == STEPS_MAX
    assert [row[6] for row in rows].count("outstanding") == 2
    assert [row[6] for row in rows].count("failed") == 2
    assert "Listed are 2 of 2 open, 2 of 2 failed, 26 of 596 other, the earliest of each; 570 steps left out." in text
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), key=lambda after: float(after.split()[0]))


def test_warnings_are_told_with_their_remedy_once_each() -> None:
    late = Problem("Elasticsearch", "the newest line is 3 min old", "look at the <b>shipper</b>")
    text = summary(refused(), late, late)

    assert text.endswith(
        "**Warnings: 1**\n\n- warning: Elasticsearch: the newest line is 3 min old → look at the `<b>shipper</b>`\n"
    )


def test_hostile_names_are_text_in_every_place() -> None:
    text = summary(hostile())

    assert all(ord(each) >= 32 or each == "\n" for each in text)
    assert "\u202e" not in text
    tokens = READER.parse(text)
    kinds = {token.type for token in tokens} | {each.type for token in tokens for each in token.children or ()}
    assert not {"html_inline", "html_block", "link_open", "image", "heading_open", "em_open"} & kinds
    rows = READER.render(text).split("<tbody>")[-1].split("<tr>")[1:]
    assert [row.count("<td") for row in rows] == [8] * len(hostile().steps)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_a_code_span_shows_its_text_and_nothing_else(text: str) -> None:
    shown = READER.parseInline(f"a {code(text)} b")[0].children
    assert shown is not None
    expected = plain(text).strip()

    if expected:
        assert [token.type for token in shown] == ["text", "code_inline", "text"]
        assert shown[1].content == expected
    else:
        assert [token.content for token in shown] == ["a – b"]


@given(st.lists(st.text(alphabet=st.sampled_from("a|\\`<>*_[]()!&@#~:/.\n "), max_size=12), min_size=3, max_size=3))
def test_a_cell_stays_in_its_column_whatever_it_holds(texts: list[str]) -> None:
    lines = table(("one", "two", "three"), [[code(texts[0]), prose(texts[1]), code(texts[2])]])
    tokens = READER.parse("\n".join(lines))

    cells = [token for token in tokens if token.type == "inline"][3:]
    assert len(cells) == 3
    kinds = {child.type for cell in cells for child in cell.children or ()}
    assert kinds <= {"text", "code_inline"}


@given(st.text(alphabet=st.sampled_from("ab .,:;|\\`<>*_[]()!&@#~/\"'w-+=1"), max_size=30))
def test_prose_is_read_as_the_words_it_was_made_of(text: str) -> None:
    children = READER.parseInline(f"**x {prose(text)} y**")[0].children or []

    assert {child.type for child in children} <= {"text", "code_inline", "strong_open", "strong_close"}
    read = "".join(child.content for child in children)
    assert re.sub(r"\s+", "", read.replace("–", "")) == re.sub(r"\s+", "", f"x {text} y")


def test_addresses_and_mentions_are_no_links() -> None:
    said = prose("see http://e.example, www.e.example and :bomb: @all #12 for 3 h (order_id) 09:14:20 UTC.")

    assert said == (
        "see `http://e.example`, `www.e.example` and `:bomb`: `@all` `#12` for 3 h (`order_id`) 09:14:20 UTC."
    )
