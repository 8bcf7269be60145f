"""What is published for a dead letter, beside what the broker shows in the other tests."""

from types import SimpleNamespace

from eventrail.acting.exact_properties import ExactProperties
from eventrail.acting.header_table import raw, readable
from eventrail.acting.letters import read_letter
from eventrail.acting.resending import resent


def told(properties: ExactProperties, *, perhaps_twice: bool = False) -> tuple[ExactProperties, dict[str, object]]:
    properties.headers = readable(properties.raw_headers)
    letter = read_letter(1, SimpleNamespace(redelivered=False), properties, b"x")
    made = resent(properties, letter, "dead", "act-2", "operator", perhaps_twice=perhaps_twice)
    return made, readable(made.raw_headers)


def test_another_users_id_is_kept_as_a_header_since_the_broker_refuses_it() -> None:
    made, headers = told(ExactProperties(user_id="payments"))

    assert (made.user_id, headers["eventrail-was-user-id"]) == (None, "payments")


def test_the_second_time_counts_on_and_leaves_one_of_each_mark() -> None:
    properties = ExactProperties(message_id="m-1")
    properties.raw_headers = (
        (b"eventrail-redriven-count", raw(1)),
        (b"eventrail-redriven-act", raw("act-1")),
        (b"eventrail-was-x-death", raw("old")),
        (b"x-death", raw("new")),
        (b"x-delivery-count", raw(4)),
    )
    made, headers = told(properties, perhaps_twice=True)

    assert headers == {
        "eventrail-was-x-death": "new",
        "eventrail-redriven-from": "dead",
        "eventrail-redriven-act": "act-2",
        "eventrail-redriven-count": 2,
        "eventrail-perhaps-twice": True,
    }
    assert len(made.raw_headers) == len(headers)


def test_a_count_that_a_publisher_made_up_stops_nothing() -> None:
    properties = ExactProperties()
    properties.raw_headers = ((b"eventrail-redriven-count", raw(2**63 - 1)),)

    assert told(properties)[1]["eventrail-redriven-count"] == 1
