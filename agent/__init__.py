"""The daemon of a booking station, one package per stage of a booking's life; see ARCHITECTURE.md."""
