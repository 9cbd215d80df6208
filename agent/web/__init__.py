"""The core's HTTP interface."""
