"""The graph: what a scan's observations mean together, decided once, kept in either store."""
