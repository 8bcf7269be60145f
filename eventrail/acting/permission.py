"""Whether acting is allowed, and by whom an act is done."""

import getpass
import socket
import uuid
from dataclasses import dataclass
from pathlib import Path

from eventrail.acting.journal import Actor
from eventrail.configuration import Configuration
from eventrail.configuration.sections import ActingSection, RabbitmqSection
from eventrail.errors import UsageError

WHO_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class Allowed:
    """What acting needs, complete: its own account and addresses, the management API for looking, the journal."""

    section: ActingSection
    management: RabbitmqSection
    amqp_url: str
    username: str
    journal: Path

    @property
    def closing(self) -> RabbitmqSection:
        """The management API by the account that acts."""
        return self.management.model_copy(
            update={"username": self.section.username, "password": self.section.password, "password_file": None}
        )


def require_allowed(configuration: Configuration) -> Allowed:
    """Give what acting needs. Raises UsageError where it is not allowed, or cannot be."""
    section, management = configuration.acting, configuration.rabbitmq
    if not section.allowed:
        raise UsageError("acting is off; set acting.allowed = true in eventrail.toml (see docs/acting.md)")
    if management is None:
        raise UsageError("acting needs RabbitMQ's management API to know the queue: add [rabbitmq] (docs/acting.md)")
    # The section's own check holds that they are there when acting is allowed.
    if section.url is None or section.username is None or section.journal is None:
        raise UsageError("acting needs acting.url, acting.username and acting.journal (see docs/acting.md)")
    return Allowed(section, management, section.url, section.username, section.journal)


def actor(who: str) -> Actor:
    """Give who acts: the name given, and the machine's own user beside it. Raises UsageError for no name."""
    name = who.strip()
    if not name or len(name) > WHO_CHARACTERS_MAX or not name.isprintable():
        raise UsageError("say who acts, by a name of at most 200 printable characters")
    return Actor(name, getpass.getuser(), socket.gethostname())


def new_act() -> str:
    """Give an ID for an act."""
    return uuid.uuid4().hex
