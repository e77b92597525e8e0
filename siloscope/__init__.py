"""siloscope."""
