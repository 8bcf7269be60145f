"""Which case of a contract cannot happen to which source, and why. Opt-out, and held to: an excused case must raise
CannotHappenError, so that an excuse that is no longer true fails.

A subject is excused here, not in its own test: no source judges itself.
"""

from collections.abc import Mapping
from typing import Final


class CannotHappenError(Exception):
    """A subject says that a fault cannot be brought about for it."""


_NO_SERVER: Final = {
    "test_wrong_credentials_are_a_problem_that_says_what_to_do": "a file asks for no credentials",
    "test_a_server_that_is_down_is_a_problem_that_says_what_to_do": "a file needs no server",
    "test_a_server_that_does_not_answer_is_a_problem_within_the_time_allowed": "a file needs no server",
}

# subject → test → why it cannot happen there
EXCUSES: Final[Mapping[str, Mapping[str, str]]] = {
    "recording": {
        **_NO_SERVER,
        "test_something_unknown_is_a_problem_that_says_what_to_do": "a file that is not there is refused at opening",
    },
    "jsonl": {
        **_NO_SERVER,
        "test_something_unknown_is_a_problem_that_says_what_to_do": "a file that is not there is refused at opening",
    },
    "logs and spans": {
        **_NO_SERVER,
        "test_something_unknown_is_a_problem_that_says_what_to_do": "a file that is not there is refused at opening",
    },
}
