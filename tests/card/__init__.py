"""Tests of agent.card."""
