"""Many stations: what each tells of itself, a page of all of them, and the few things that an administrator may ask of one."""
