"""Answers of a bureau in the forms that bureaus write them in: one interface, a table for each state. `form_of` chooses."""
