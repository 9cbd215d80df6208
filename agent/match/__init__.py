"""Whose print is it: templates of fingertips, how alike two are, and which finger belongs where. Pure: no clock, file or database."""
