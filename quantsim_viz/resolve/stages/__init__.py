"""The stages of the cascade: each a pure function from the settings so far to rows of declarations.

A stage reads the topology, its part of the rules and the columns folded so far; it changes nothing.
"""
