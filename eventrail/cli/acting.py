"""`eventrail dead-letters` and `eventrail connection`: look, say what would happen, and act when it is confirmed."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from eventrail import clock
from eventrail.cli.options import CONFIGURATION_VARIABLE, json_option
from eventrail.cli.times import INSTANT, Instant
from eventrail.errors import SourceUnavailableError, UsageError

if TYPE_CHECKING:  # a help text shall not wait for what an answer needs
    from eventrail.acting.choice import Choice, Order
    from eventrail.acting.outcomes import Redriven
    from eventrail.acting.permission import Allowed
    from eventrail.acting.queue_facts import QueueFacts

Command = TypeVar("Command", bound=Callable[..., Any])


def _several(*names: str, help_text: str) -> Callable[[Command], Command]:
    return click.option(*names, multiple=True, metavar="TEXT", help=help_text)


def _acting_options(command: Command) -> Command:
    add_config = click.option(
        "--config",
        type=click.Path(path_type=Path),
        envvar=CONFIGURATION_VARIABLE,
        metavar="FILE",
        help="Configuration file; ./eventrail.toml where there is one.",
    )
    return add_config(json_option(command))


def _queue_options(command: Command) -> Command:
    add_vhost = click.option("--vhost", help="Virtual host; / or the one of rabbitmq.vhosts where there is one.")
    add_scan = click.option(
        "--scan", type=click.IntRange(1, 1_000_000), default=10_000, show_default=True, help="Look at so many at most."
    )
    add_despite = click.option(
        "--despite-limit", is_flag=True, help="Look into a quorum queue with a delivery limit all the same."
    )
    return add_vhost(add_scan(add_despite(command)))


def _choice_options(command: Command) -> Command:
    for add in (
        click.option("--died-until", type=INSTANT, help="Only letters that died then or earlier."),
        click.option("--died-from", type=INSTANT, help="Only letters that died then or later."),
        _several("--died-in", help_text="Only letters that died in this queue, first or last."),
        _several("--reason", help_text="Only this reason: rejected, expired, maxlen, delivery_limit."),
        _several("--type", "event_type", help_text="Only this event type."),
        _several("--correlation-id", help_text="Only this event."),
        _several("--message-id", help_text="Only this message."),
    ):
        command = add(command)
    return command


@click.group("dead-letters")
def dead_letters() -> None:
    """Look into a dead-letter queue, and send what is in it back to where it came from."""


@dead_letters.command(
    epilog="Examples:\n\n  eventrail dead-letters peek payments.dead\n\n"
    "  eventrail dead-letters peek payments.dead --reason rejected --body"
)
@click.argument("queue")
@click.option("--body", is_flag=True, help="Show the begin of each message too.")
@_choice_options
@_queue_options
@_acting_options
def peek(queue: str, body: bool, vhost: str | None, scan: int, despite_limit: bool, **given: Any) -> None:
    """Show the messages at the head of QUEUE; they stay in it."""
    from eventrail.acting.looking import peek as look
    from eventrail.acting.queue_facts import queue_facts, require_lookable
    from eventrail.cli.acting_documents import letters_document
    from eventrail.cli.screen import screen
    from eventrail.cli.show_acting import show_letters
    from eventrail.report.json_values import as_text

    allowed, host = _allowed(given["config"], vhost)
    choice = _choice(given)
    facts = queue_facts(allowed, host, queue)
    require_lookable(facts, despite_limit=despite_limit)
    letters = look(allowed, facts, scan)
    chosen = tuple(letter for letter in letters if choice.takes(letter))
    if given["as_json"]:
        click.echo(as_text(letters_document(facts, chosen, len(letters), body=body)))
    else:
        show_letters(screen(), facts, chosen, len(letters), body=body)


@dead_letters.command(
    epilog="Examples:\n\n  eventrail dead-letters redrive payments.dead --type payment.requested\n\n"
    "  eventrail dead-letters redrive payments.dead --limit 20 --user 'A. Ng' --confirm payments.dead"
)
@click.argument("queue")
@click.option("--back-to", type=click.Choice(["first", "last"]), default="first", show_default=True, help="Where to.")
@click.option("--to-queue", metavar="QUEUE", help="To this queue instead.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="Send so many at most."
)
@click.option("--user", metavar="NAME", help="Who does it; written to the journal. Needed to send.")
@click.option("--confirm", metavar="QUEUE", help="Send; repeat the queue's name. Without it nothing is sent.")
@_choice_options
@_queue_options
@_acting_options
def redrive(
    queue: str,
    back_to: str,
    to_queue: str | None,
    limit: int,
    user: str | None,
    confirm: str | None,
    vhost: str | None,
    scan: int,
    despite_limit: bool,
    **given: Any,
) -> None:
    """Send dead letters of QUEUE back to the queue where they died.

    Without --confirm it says what would go where, and sends nothing.
    """
    from eventrail.acting.choice import Order
    from eventrail.acting.queue_facts import queue_facts, require_lookable

    allowed, host = _allowed(given["config"], vhost)
    order = Order(host, queue, _choice(given), "last" if back_to == "last" else "first", to_queue, limit, scan)
    facts = queue_facts(allowed, host, queue)
    require_lookable(facts, despite_limit=despite_limit)
    made = _planned(allowed, facts, order) if confirm is None else _sent(allowed, facts, order, confirm, user)
    _say(facts, made, as_json=given["as_json"])
    if made.problem is not None:
        raise SourceUnavailableError(str(made.problem))


@click.group("connection")
def connection() -> None:
    """Look at a connection of the broker, and close it."""


@connection.command(
    epilog="Examples:\n\n  eventrail connection close payments-7f9c/1\n\n"
    "  eventrail connection close '10.1.2.3:51234 -> 10.1.2.9:5672' --user 'A. Ng' --confirm 1f9e03ab"
)
@click.argument("name")
@click.option("--user", metavar="NAME", help="Who does it; written to the journal. Needed to close.")
@click.option("--confirm", metavar="CODE", help="Close; repeat the code that was shown. Without it nothing is closed.")
@_acting_options
def close(name: str, user: str | None, confirm: str | None, config: Path | None, as_json: bool) -> None:
    """Close the connection NAME, so that the broker gives back what it holds.

    Without --confirm it shows what that would be, and a code for this very connection.
    """
    from eventrail.acting.connections import close_connection, show_connection
    from eventrail.acting.permission import actor
    from eventrail.cli.acting_documents import connection_document
    from eventrail.cli.screen import screen
    from eventrail.cli.show_acting import show_connection_closing
    from eventrail.report.json_values import as_text

    allowed, _ = _allowed(config, None)
    if confirm is None:
        shown = show_connection(allowed, name)
    else:
        shown = close_connection(allowed, name, confirm, actor(_named(user)))
    closed = confirm is not None
    if as_json:
        click.echo(as_text(connection_document(shown, closed=closed)))
    else:
        show_connection_closing(screen(), shown, closed=closed)


def _allowed(config: Path | None, vhost: str | None) -> "tuple[Allowed, str]":
    from eventrail.acting.permission import require_allowed
    from eventrail.configuration import load_configuration

    allowed = require_allowed(load_configuration(config))
    configured = allowed.management.vhosts
    return allowed, vhost if vhost is not None else (configured[0] if len(configured) == 1 else "/")


def _choice(given: dict[str, Any]) -> "Choice":
    from eventrail.acting.choice import Choice

    now = clock.now()
    begin: Instant | None = given["died_from"]
    end: Instant | None = given["died_until"]
    return Choice(
        given["message_id"],
        given["correlation_id"],
        given["event_type"],
        given["reason"],
        given["died_in"],
        begin.at(now) if begin else None,
        end.at(now) if end else None,
    )


def _planned(allowed: "Allowed", facts: "QueueFacts", order: "Order") -> "Redriven":
    from eventrail.acting.looking import peek as look
    from eventrail.acting.planning import planned

    return planned(allowed, order, look(allowed, facts, order.scan))


def _sent(allowed: "Allowed", facts: "QueueFacts", order: "Order", confirm: str, user: str | None) -> "Redriven":
    from eventrail.acting.permission import actor
    from eventrail.acting.redriving import redrive as send

    if confirm != order.queue:
        raise UsageError(f"--confirm {confirm!r} is not the queue's name {order.queue!r}; nothing was sent")
    return send(allowed, facts, order, actor(_named(user)))


def _named(user: str | None) -> str:
    if not user:
        raise UsageError("say who does it with --user NAME; nothing was done")
    return user


def _say(facts: "QueueFacts", made: "Redriven", *, as_json: bool) -> None:
    from eventrail.cli.acting_documents import redriven_document
    from eventrail.cli.screen import screen
    from eventrail.cli.show_acting import show_redriven
    from eventrail.report.json_values import as_text

    if as_json:
        click.echo(as_text(redriven_document(made)))
    else:
        show_redriven(screen(), facts, made)
