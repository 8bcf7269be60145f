"""Application logs in Elasticsearch 8 and 9."""

from eventrail.sources.elasticsearch.source import ElasticsearchLogs

__all__ = ["ElasticsearchLogs"]
