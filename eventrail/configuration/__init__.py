"""What a team tells Eventrail about its servers: one file, `eventrail.toml`, and environment variables."""

from eventrail.configuration.loading import load_configuration
from eventrail.configuration.sections import Configuration

__all__ = ["Configuration", "load_configuration"]
