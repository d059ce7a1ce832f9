"""Streamlit pages; they talk to the API over HTTP only."""
