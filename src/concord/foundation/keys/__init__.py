"""The keys of an installation: where they lie, who signs with them, how they are made, and who stamps the time."""
