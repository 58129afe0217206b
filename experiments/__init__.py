"""The command line and what it can do: run, compare, sweep, report, replay, benchmark."""
