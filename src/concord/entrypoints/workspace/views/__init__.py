"""The views of the workspace: each calls one command or a few queries and renders one page."""
