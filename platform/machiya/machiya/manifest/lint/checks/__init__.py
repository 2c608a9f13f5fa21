"""One small check each: what is looked at in a template or manifest, as functions from views to findings."""
