"""The answer of the page Unacknowledged with what is drawn of it, whatever a reader chooses."""

from functools import cached_property

import pandas as pd

from dashboard.shaping.delivery_list import all_deliveries, delivery_table
from eventrail.investigate.answers import UnackedAnswer


class UnackedShapes:
    """Shared between readers like the answer: nobody changes what it gives."""

    def __init__(self, answer: UnackedAnswer) -> None:
        """Take an answer; nothing is shaped yet."""
        self.answer = answer

    @cached_property
    def deliveries(self) -> pd.DataFrame:
        """All outstanding deliveries, oldest first; see all_deliveries."""
        return all_deliveries(self.answer)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The same rows in words; see delivery_table."""
        return delivery_table(self.deliveries)
