"""Images that a list names by their URLs: downloaded once, politely, wherever Spark has cores."""
