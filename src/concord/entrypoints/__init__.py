"""Where requests come in: workspace, REST, command line. They mount, never decide."""
