"""The work around matters: cases, assigning, reminding, rating, linking, finding; none of it runs a procedure."""
