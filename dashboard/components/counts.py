"""A queue's three counts side by side, and under them why any two differ."""

from dashboard.components import figures
from dashboard.components.facts import fact_grid
from dashboard.components.markup import element, show
from dashboard.shaping.counts import count_cards, differences
from dashboard.shaping.overview import Answering
from eventrail.investigate.answers import UnackedAnswer
from eventrail.model.ledger import QueueLedger


def draw(answer: UnackedAnswer, ledger: QueueLedger, answering: Answering) -> None:
    """Show the counts of the ledger's queue."""
    counts = next(one for one in answer.counts if (one.vhost, one.queue) == (ledger.vhost, ledger.queue))
    figures.cards(count_cards(counts, ledger, answering))
    show(element("div", fact_grid(differences(counts, ledger, answering)), style="margin-top:.2rem;"))
