"""`eventrail watch`: evaluates the ledger on an interval and exposes it as metrics for Prometheus."""
