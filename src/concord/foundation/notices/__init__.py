"""Messages to people inside the application."""
