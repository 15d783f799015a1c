"""The Compare page: configurations side by side, which is better, and what caused it."""
