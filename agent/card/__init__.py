"""A ten-print card on paper, FD-249 style, drawn from the bytes of a transaction. Prints are true to scale."""
