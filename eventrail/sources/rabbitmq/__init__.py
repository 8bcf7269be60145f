"""The RabbitMQ adapter: the management API, for what only the living broker knows."""

from eventrail.sources.rabbitmq.source import RabbitmqSource

__all__ = ["RabbitmqSource"]
