"""View models: pure functions from rows of the data to what a template shows. They read no file and write no HTML."""
