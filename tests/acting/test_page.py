"""The page Unacknowledged, where acting is allowed: a queue is looked into and its letters are sent back."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from stack.rabbitmq import VIRTUAL_HOST, RabbitMQ
from tests.acting.conftest import MakePost, Post
from tests.acting.test_faults import environment
from tests.dashboard.conftest import ENTRY, forget_answers

pytestmark = pytest.mark.servers

SECONDS = 60.0


@pytest.fixture
def page(rabbitmq: RabbitMQ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page on the living broker, with leave to act."""
    for name, value in environment(rabbitmq, tmp_path / "journal.jsonl").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("EVENTRAIL_SOURCE", "live")
    monkeypatch.delenv("EVENTRAIL_CONFIG", raising=False)
    forget_answers()
    return AppTest.from_file(str(ENTRY), default_timeout=SECONDS).switch_page("views/unacknowledged.py").run()


def words(app: AppTest) -> str:
    return "\n".join(shown.value for shown in app.html)


def looked_into(page: AppTest, post: Post) -> Any:
    """Look, and give the rows that are shown."""
    page.text_input(key="acting.queue").set_value(post.dead)
    page.button(key="acting.look").click().run()
    return letters(page)


def letters(page: AppTest) -> Any:
    (shown,) = (shown for shown in page.dataframe if shown.proto.alt.startswith("Dead letters"))
    return shown


def tick(page: AppTest, *rows: int) -> None:
    """Tick rows of the letters, as the browser tells it."""
    key = letters(page).proto.id.rsplit("-", 1)[-1]
    page.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    page.run()


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click().run()


def test_two_of_five_are_ticked_and_sent_back_once_name_and_queue_are_given(
    post: Post, page: AppTest, tmp_path: Path
) -> None:
    post.die("m-1", "m-2", "m-3", "m-4", "m-5")
    shown = looked_into(page, post)
    assert shown.value["message"].tolist() == ["m-1", "m-2", "m-3", "m-4", "m-5"]
    assert page.text_input(key="acting.vhost").value == VIRTUAL_HOST
    assert "Nothing is chosen." in words(page)

    tick(page, 1, 3)
    assert "2 of 5 dead letters" in words(page)
    assert f"{post.work} · 2" in words(page)
    press(page, "Send 2 back")
    assert "was not repeated; nothing was sent" in words(page)
    page.text_input(key="acting.confirm").set_value(post.dead)
    press(page, "Send 2 back")
    assert "say who acts" in words(page)
    assert not (tmp_path / "journal.jsonl").exists()

    page.text_input(key="acting.who").set_value("A. Ng")
    page.text_input(key="acting.confirm").set_value(post.dead)
    press(page, "Send 2 back")

    assert not page.exception
    assert "2 sent" in words(page)
    told = json.loads((tmp_path / "journal.jsonl").read_text().splitlines()[0])
    assert told["who"] == "A. Ng"
    assert told["act"] in words(page)
    page.run()
    assert post.ids(post.work) == ["m-2", "m-4"]
    assert post.ids(post.dead) == ["m-1", "m-3", "m-5"]


def test_ticks_are_of_the_rows_that_are_shown_and_a_queue_that_is_gone_takes_none(post: Post, page: AppTest) -> None:
    post.die("m-1", "n-1", "n-2")
    looked_into(page, post)
    tick(page, 0)
    page.text_input(key="acting.text").set_value("N-").run()
    assert letters(page).value["message"].tolist() == ["n-1", "n-2"]
    assert "Nothing is chosen." in words(page)

    page.checkbox[-1].check().run()
    assert "2 of 3 dead letters" in words(page)
    page.radio(key="acting.target").set_value("another queue").run()
    assert "Name the queue" in words(page)
    page.text_input(key="acting.other").set_value("gone").run()
    assert "there is no such queue" in words(page)
    assert not [button for button in page.button if button.label.startswith("Send")]


def test_a_quorum_queue_with_a_limit_is_looked_into_only_when_asked_again(make_post: MakePost, page: AppTest) -> None:
    post = make_post("quorum", **{"x-delivery-limit": 5})
    post.die("m-1")
    page.text_input(key="acting.queue").set_value(post.dead)
    page.button(key="acting.look").click().run()
    assert "given back more than 5 times" in words(page)

    page.button(key="acting.despite").click().run()
    assert letters(page).value["message"].tolist() == ["m-1"]
