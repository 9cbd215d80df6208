"""Every check of a station in words with its remedy, and a bundle for whoever helps, in which there is no person."""
