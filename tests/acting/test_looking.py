"""Looking into a dead-letter queue leaves it as it was."""

import pytest

from eventrail.acting.looking import peek
from eventrail.acting.permission import Allowed
from eventrail.acting.queue_facts import QueueFacts, queue_facts, require_lookable
from eventrail.errors import NotFoundError, SourceUnavailableError, UsageError
from stack.rabbitmq import VIRTUAL_HOST
from tests.acting.conftest import MakePost, Post, by_port, look
from tests.contract.loopback import closed_port
from tests.stack.polling import eventually

pytestmark = pytest.mark.servers

NOBODY = QueueFacts(VIRTUAL_HOST, "nobody", "classic", None, 0)


def test_letters_are_shown_with_where_and_why_they_died(post: Post, allowed: Allowed) -> None:
    post.die("m-1", "m-2", correlation_id="c-1", type="payment.requested")

    first, second = look(allowed, post.dead, 100)

    assert (first.message_id, second.message_id, first.correlation_id) == ("m-1", "m-2", "c-1")
    assert (first.event_type, first.reason, first.deaths.first_queue) == ("payment.requested", "rejected", post.work)
    assert first.deaths.last is not None
    assert first.deaths.last.routing_keys == (post.work,)
    assert first.deaths.last.time is not None
    assert (first.body, first.size_bytes) == (b"m-1", 3)


def test_a_classic_queue_is_as_it_was_but_for_the_mark_of_redelivery(post: Post, allowed: Allowed) -> None:
    letters = [f"m-{number}" for number in range(20)]
    post.die(*letters)

    assert len(look(allowed, post.dead, 7)) == 7
    again = look(allowed, post.dead, 100)

    assert [letter.message_id for letter in again] == letters
    assert [letter.redelivered for letter in again] == [True] * 7 + [False] * 13
    assert {letter.delivery_count for letter in again} == {None}
    assert post.ids(post.dead) == letters


def test_a_quorum_queue_keeps_what_was_looked_at_at_its_head_and_counts_the_look(
    make_post: MakePost, allowed: Allowed
) -> None:
    post = make_post("quorum")
    letters = [f"m-{number}" for number in range(20)]
    post.die(*letters)

    assert len(look(allowed, post.dead, 7)) == 7
    # It takes them back a moment after the channel is closed.
    assert eventually(lambda: post.total(post.dead) == (20, 0))
    again = look(allowed, post.dead, 100)

    assert {letter.message_id for letter in again[:7]} == set(letters[:7])
    assert [letter.message_id for letter in again[7:]] == letters[7:]
    assert [letter.delivery_count for letter in again] == [1] * 7 + [0] * 13
    assert eventually(lambda: post.total(post.dead) == (20, 0))


def test_a_consumer_beside_it_misses_nothing(post: Post, allowed: Allowed) -> None:
    post.die("m-1", "m-2", "m-3")
    method, _, _ = post.channel.basic_get(post.dead)

    assert [letter.message_id for letter in look(allowed, post.dead, 100)] == ["m-2", "m-3"]
    post.channel.basic_ack(method.delivery_tag)
    assert post.ids(post.dead) == ["m-2", "m-3"]


def test_a_quorum_queue_with_a_delivery_limit_is_not_looked_into_unasked(make_post: MakePost, allowed: Allowed) -> None:
    post = make_post("quorum", **{"x-delivery-limit": 3})
    facts = queue_facts(allowed, VIRTUAL_HOST, post.dead)

    with pytest.raises(UsageError, match="given back more than 3 times"):
        require_lookable(facts, despite_limit=False)
    require_lookable(facts, despite_limit=True)
    assert any("delivery limit is 3" in remark for remark in facts.remarks)


def test_a_stream_is_refused_before_it_is_touched(make_post: MakePost, allowed: Allowed) -> None:
    facts = queue_facts(allowed, VIRTUAL_HOST, make_post("stream").dead)

    with pytest.raises(UsageError, match="is a stream"):
        require_lookable(facts, despite_limit=True)


def test_what_is_not_there_is_told(allowed: Allowed) -> None:
    with pytest.raises(NotFoundError, match="has no queue 'nobody'"):
        queue_facts(allowed, VIRTUAL_HOST, "nobody")
    with pytest.raises(SourceUnavailableError, match="404 NOT_FOUND"):
        peek(allowed, NOBODY, 1)
    with pytest.raises(SourceUnavailableError, match="no connection to"):
        peek(by_port(allowed, closed_port()), NOBODY, 1)
