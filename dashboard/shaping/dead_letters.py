"""Dead letters, and what became of them, as rows."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from dashboard.shaping.details import Fact
from dashboard.shaping.words import visible_text
from eventrail.acting.letters import DeadLetter
from eventrail.acting.outcomes import WORDS, Redriven, State
from eventrail.words import count


def letter_table(letters: Sequence[DeadLetter]) -> pd.DataFrame:
    """Give a row a letter, head first: position, died, reason, first_queue, last_queue, event, message, correlation."""
    return pd.DataFrame(
        {
            "position": [letter.position for letter in letters],
            "died": [
                f"{last.time:%Y-%m-%d %H:%M:%S}" if (last := letter.deaths.last) and last.time else ""
                for letter in letters
            ],
            "reason": [visible_text(letter.reason or "") for letter in letters],
            "first_queue": [visible_text(letter.deaths.first_queue or "") for letter in letters],
            "last_queue": [visible_text(letter.deaths.last.queue if letter.deaths.last else "") for letter in letters],
            "event": [visible_text(letter.event_type or "") for letter in letters],
            "message": [visible_text(letter.message_id or "") for letter in letters],
            "correlation": [visible_text(letter.correlation_id or "") for letter in letters],
        }
    )


def outcome_table(made: Redriven) -> pd.DataFrame:
    """Give a row a letter that was chosen: message, to, state, what, twice."""
    return pd.DataFrame(
        {
            "message": [visible_text(outcome.letter.message_id or "") for outcome in made.outcomes],
            "to": [visible_text(outcome.target or "") for outcome in made.outcomes],
            "state": [outcome.state.value for outcome in made.outcomes],
            "what": [WORDS[outcome.state] for outcome in made.outcomes],
            "twice": ["perhaps" if outcome.perhaps_twice else "" for outcome in made.outcomes],
        }
    )


def plan_facts(outlook: Redriven, looked_at: int) -> list[Fact]:
    """Say what a redrive would do: how many are chosen, how many go where, how many stay and why."""
    going = Counter(outcome.target for outcome in outlook.outcomes if outcome.state is State.WOULD_GO)
    staying = Counter((outcome.state, outcome.target) for outcome in outlook.outcomes)
    facts = [Fact("chosen", f"{len(outlook.outcomes):,} of {count(looked_at, 'dead letter')}")]
    facts += [Fact("would go to", f"{visible_text(queue or '')} · {number:,}") for queue, number in going.most_common()]
    for (state, queue), number in staying.most_common():
        if state is not State.WOULD_GO:
            where = f"{visible_text(queue)}: " if queue else ""
            facts.append(Fact("would stay", f"{number:,} · {where}{WORDS[state]}", "warn"))
    if outlook.perhaps_twice:
        twice = f"{outlook.perhaps_twice:,} · an earlier act that did not end had begun to send them"
        facts.append(Fact("perhaps a second time", twice, "warn"))
    return facts


def sums(made: Redriven) -> str:
    """Give how many letters stand how, in one line. made: by an order whose limit is how many were chosen."""
    states = dict.fromkeys(outcome.state for outcome in made.outcomes)
    told = [f"{made.count(state):,} {state.value}" for state in states]
    twice = [f"{made.perhaps_twice:,} perhaps a second time"] if made.perhaps_twice else []
    gone = made.order.limit - len(made.outcomes)
    # An order by ticks is for so many letters as were seen; a consumer may have taken some since.
    missing = [f"{gone:,} no longer in the queue"] if gone > 0 and made.problem is None else []
    return " · ".join([f"{count(made.looked_at, 'dead letter')} looked at", *told, *missing, *twice])
