"""The app: Streamlit pages and components over what the other rooms compute.

The only room with Streamlit, and only in modules that draw; `views`, `sources`, `jobs` and `worker`
are plain Python that a script could call. It may import every other room, none imports it.
"""
