"""The evidence ledger: a Merkle log of every journal entry and seal, co-signed by witnesses."""
