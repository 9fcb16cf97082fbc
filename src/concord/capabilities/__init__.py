"""What the cities do together, one folder for each thing; a capability stands on casework and foundation alone."""
