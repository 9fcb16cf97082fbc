"""Members of the alliance, posts with dates, persons, charter versions."""
