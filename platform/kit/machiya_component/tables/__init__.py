"""Tables: their schema (Frictionless Table Schema), and checks and statistics by column."""
