"""Unattended jobs: pick files up, guard, run, put away, tell."""
