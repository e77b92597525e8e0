"""Invented content for real servers and export folders; the recordings were made from it."""
