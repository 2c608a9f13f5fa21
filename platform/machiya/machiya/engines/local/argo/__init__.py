"""What a manifest says and means: the model, its reader, expressions, and the interpreter. No input or output here."""
