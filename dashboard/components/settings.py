"""The configuration, as the pages use it."""

import os
from pathlib import Path
from typing import Final

import streamlit as st

from eventrail.configuration import Configuration, load_configuration

CONFIGURATION_VARIABLE: Final = "EVENTRAIL_CONFIG"


@st.cache_resource(show_spinner=False)
def settings() -> Configuration:
    """Read the configuration once. Raises ConfigurationError, which is not cached: a repaired file is seen at once."""
    path = os.environ.get(CONFIGURATION_VARIABLE)
    return load_configuration(Path(path) if path else None)
