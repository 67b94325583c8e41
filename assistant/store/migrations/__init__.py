"""How the tables came to their present form, run by `tables.open_database`."""
