"""The AMQP connection that acting uses, and what goes wrong with it."""

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final
from urllib.parse import urlsplit

import pika
from pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ChannelClosedByBroker,
    ConnectionBlockedTimeout,
    ConnectionClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

from eventrail.acting.exact_properties import ExactConnection
from eventrail.acting.permission import Allowed
from eventrail.configuration.sections import ActingSection
from eventrail.model.problem import Problem

NAME: Final = "RabbitMQ"
CONNECTION_NAME: Final = "eventrail/acting"
HEARTBEAT_SECONDS: Final = 20
_PORTS: Final = {"amqp": 5672, "amqps": 5671}

# Faults are told as problems; where nobody has set logging up, the library's own lines would stand beside them.
logging.getLogger("pika").addHandler(logging.NullHandler())

# What an act may meet on its way; each is told, and everything held is given back by the broker.
FAULTS: Final = (AMQPError, OSError, ValueError)


@contextmanager
def opened_channel(allowed: Allowed, vhost: str) -> Iterator[Any]:
    """Give a channel; leaving closes it and waits until the broker has done what was asked. Raises one of FAULTS."""
    connection = pika.BlockingConnection(_parameters(allowed, vhost), _impl_class=ExactConnection)
    try:
        channel = connection.channel()
        yield channel
        # The broker answers when it has taken note of every ack before.
        if channel.is_open:
            channel.close()
    finally:
        if connection.is_open:
            with suppress(AMQPError, OSError):
                connection.close()


def problem_of(fault: Exception, question: str, allowed: Allowed) -> Problem:
    """Say what a fault means and what to do."""
    what, remedy = _told(fault, allowed.amqp_url)
    return Problem(NAME, f"{question} failed: {what}", remedy, "error")


def _told(fault: Exception, address: str) -> tuple[str, str]:
    if isinstance(fault, ProbableAuthenticationError | AuthenticationError):
        return f"{address} does not accept the credentials", "check acting.username and acting.password"
    if isinstance(fault, ProbableAccessDeniedError):
        return f"{address} does not let the account into the virtual host", "check the virtual host and its permissions"
    if isinstance(fault, ChannelClosedByBroker | ConnectionClosedByBroker):
        code, text = fault.reply_code, fault.reply_text
        return f"{code} {text}", "see the broker's words; acting needs the right to read the queue and to write"
    if isinstance(fault, ConnectionBlockedTimeout):
        return "the broker takes no messages (memory or disk alarm)", "free its memory or disk, then run it again"
    if isinstance(fault, ValueError):
        return str(fault), "look at the message with RabbitMQ's own page"
    if isinstance(fault, ssl.SSLError):
        return f"the certificate of {address} is not trusted", "name its authority in acting.ca_file"
    return f"no connection to {address} ({type(fault).__name__})", "see that the broker runs, then run it again"


def _parameters(allowed: Allowed, vhost: str) -> pika.ConnectionParameters:
    section = allowed.section
    address = urlsplit(allowed.amqp_url)
    password = section.password.get_secret_value() if section.password else ""
    return pika.ConnectionParameters(
        host=address.hostname,
        port=address.port or _PORTS[address.scheme],
        virtual_host=vhost,
        credentials=pika.PlainCredentials(allowed.username, password),
        ssl_options=_tls(section, address.hostname) if address.scheme == "amqps" else None,
        heartbeat=HEARTBEAT_SECONDS,
        socket_timeout=section.timeout_seconds,
        stack_timeout=section.timeout_seconds,
        blocked_connection_timeout=section.timeout_seconds,
        client_properties={"connection_name": CONNECTION_NAME},
    )


def _tls(section: ActingSection, host: str | None) -> pika.SSLOptions:
    context = ssl.create_default_context(cafile=section.ca_file)
    if not section.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return pika.SSLOptions(context, host)
