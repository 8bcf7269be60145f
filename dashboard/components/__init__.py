"""What the pages are built of: Streamlit elements, each laying out what `shaping` made ready."""
