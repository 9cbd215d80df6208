"""The audit record: what was done at this station, when and by whom; append-only, chained, signed at intervals."""
