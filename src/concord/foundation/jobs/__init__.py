"""Work after commit: leases, retries, schedules."""
