"""What can go wrong while servers are started and stopped."""


class StackError(Exception):
    """A server could not be started, reached or stopped; the text names it and says what to do."""
