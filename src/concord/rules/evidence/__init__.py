"""Rules of evidence: what a record holds, what cities ask for, who holds an item, what may be done with it."""
