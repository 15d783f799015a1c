"""`python -m quantsim_viz`: the same as the console script."""

from __future__ import annotations

from quantsim_viz.cli import main

if __name__ == "__main__":
    main()
