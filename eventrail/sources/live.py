"""The servers of the configuration as sources. Nothing is asked of them here."""

from eventrail.configuration.sections import Configuration
from eventrail.errors import UsageError
from eventrail.sources.elasticsearch import ElasticsearchLogs
from eventrail.sources.elasticsearch.delivery_index import ElasticsearchDeliveries
from eventrail.sources.ports import Sources
from eventrail.sources.prometheus import PrometheusSource
from eventrail.sources.rabbitmq import RabbitmqSource


def open_live(configuration: Configuration) -> Sources:
    """Give the configured servers; a section that is absent is a source that the team does not have.

    Raises UsageError when there is none at all.
    """
    elasticsearch, prometheus, rabbitmq = configuration.elasticsearch, configuration.prometheus, configuration.rabbitmq
    named = {"Elasticsearch": elasticsearch, "Prometheus": prometheus, "RabbitMQ": rabbitmq}
    present = [name for name, section in named.items() if section is not None]
    if not present:
        raise UsageError(
            "no server is configured: write eventrail.toml (see docs/configuration.md) or set "
            "EVENTRAIL_ELASTICSEARCH__URL, or open a file with --source recording:FILE"
        )
    return Sources(
        logs=ElasticsearchLogs(elasticsearch) if elasticsearch else None,
        metrics=PrometheusSource(prometheus) if prometheus else None,
        broker=RabbitmqSource(rabbitmq) if rabbitmq else None,
        description=", ".join(present),
        gauge_uncertainty_seconds=configuration.ledger.gauge_uncertainty_seconds,
        clock_difference_seconds=configuration.ledger.clock_difference_seconds,
        consumer_timeout_seconds=configuration.ledger.consumer_timeout_seconds,
        deliveries=ElasticsearchDeliveries(elasticsearch, configuration.index)
        if elasticsearch and configuration.index
        else None,
    )
