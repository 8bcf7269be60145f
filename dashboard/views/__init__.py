"""The pages, each a short script that Streamlit runs; not called `pages`, see docs/adr."""
