"""Our own Streamlit components: the graph, the editor and the panes, each with its JavaScript."""
