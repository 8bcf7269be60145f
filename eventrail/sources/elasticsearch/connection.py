"""The client, made from the configuration. Making it asks nothing of the server."""

from typing import Any, Final

from elasticsearch import Elasticsearch

from eventrail.configuration.sections import ElasticsearchSection
from eventrail.sources.elasticsearch.undecoded import Undecoded

# A busy or restarting node is asked again; a time-out is not: the same question would take as long again.
_RETRIES: Final = 2
_RETRY_STATUS: Final = (429, 502, 503, 504)


def connect(section: ElasticsearchSection, *, undecoded: bool = False) -> Elasticsearch:
    """Give a client for the configured servers; it may be used by several threads.

    undecoded: answers that are no refusals are bytes, as they came.
    """
    options: dict[str, Any] = {
        "request_timeout": section.timeout_seconds,
        "max_retries": _RETRIES,
        "retry_on_status": _RETRY_STATUS,
        "retry_on_timeout": False,
    }
    if any(address.startswith("https:") for address in section.url):
        options["verify_certs"] = section.verify
        options["ssl_show_warn"] = False
        if section.ca_file is not None:
            options["ca_certs"] = str(section.ca_file)
    if section.api_key is not None:
        options["api_key"] = section.api_key.get_secret_value()
    elif section.username is not None and section.password is not None:
        options["basic_auth"] = (section.username, section.password.get_secret_value())
    if undecoded:
        options["serializer"] = Undecoded()
    return Elasticsearch(list(section.url), **options)
