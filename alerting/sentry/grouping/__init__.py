"""Decides which errors are one issue."""
