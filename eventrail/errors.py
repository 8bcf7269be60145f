"""Everything Eventrail raises on purpose.

EventrailError
├── UsageError              the caller asked for something that cannot be: a bad time, an unknown source
│   └── ConfigurationError  a key of eventrail.toml or an environment variable is wrong
├── SourceError             a source could not answer at all
│   └── SourceUnavailableError   it did not answer: refused, timed out, wrong credentials
├── RecordingError          a file is not a recording, is damaged, or is from a newer version
└── NotFoundError                the sources answered, and what was asked for is not there

Outages met while reading are values (eventrail.model.problem), so that a dead source costs its part of a page
and nothing else. These exceptions are for the edges: opening, configuring, the command line.
"""


class EventrailError(Exception):
    """Root of all; its text is one line that names the source, the thing asked and the remedy."""


class UsageError(EventrailError):
    """The caller asked for something that cannot be."""


class ConfigurationError(UsageError):
    """A configuration key is wrong; the text names the key."""


class SourceError(EventrailError):
    """A source could not answer."""


class SourceUnavailableError(SourceError):
    """A source did not answer: refused, timed out, or turned the credentials down."""


class RecordingError(EventrailError):
    """A file is not a recording that this version can open."""


class NotFoundError(EventrailError):
    """The sources answered, and what was asked for is not there."""
