"""A bureau in miniature, for demo, training and tests."""
