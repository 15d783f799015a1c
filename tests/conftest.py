"""What holds for every test."""

from __future__ import annotations

import os

# Read by torch when it is first imported, and inherited by the processes that tests start: on small
# models and a busy machine, threads that wait for each other cost several times what they give.
os.environ.setdefault("OMP_NUM_THREADS", "1")
