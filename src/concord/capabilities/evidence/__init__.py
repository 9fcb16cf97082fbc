"""Evidence (证据): collected once, kept in one chain of custody, recognised by nine cities."""
