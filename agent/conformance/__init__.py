"""A test book for a bureau: transactions of every kind that this station sends, with what a check must say to each."""
