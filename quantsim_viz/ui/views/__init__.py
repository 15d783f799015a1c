"""What each pane shows, as plain values: from a model and a cascade to JSON, without Streamlit."""
