"""What every job stands on: organisations, access, journal, files, jobs, notices."""
