"""The parts of the workbench, each a function that draws a session; no logic of their own."""
