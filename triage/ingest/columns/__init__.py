"""Plain lines of a log peeled by the column, many at once."""
