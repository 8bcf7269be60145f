"""Pure data shaping for the pages: answers in, tables and words out. No Streamlit, no I/O, no clock."""
