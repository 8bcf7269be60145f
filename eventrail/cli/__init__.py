"""The command line. Commands ask a use case and lay out its answer, as a table for people or as JSON for machines."""
