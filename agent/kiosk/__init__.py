"""The officer's pages: server-rendered, on localhost, one screen a step. Strings in `strings/`, looks in `static/`, nothing built."""
