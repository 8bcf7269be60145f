"""The delivery index in Elasticsearch: follows the logs, keeps one document a delivery, and is asked for the ledger."""

from eventrail.sources.elasticsearch.delivery_index.feed import ElasticsearchFeed
from eventrail.sources.elasticsearch.delivery_index.reading import ElasticsearchDeliveries
from eventrail.sources.elasticsearch.delivery_index.store import ElasticsearchStore

__all__ = ["ElasticsearchDeliveries", "ElasticsearchFeed", "ElasticsearchStore"]
