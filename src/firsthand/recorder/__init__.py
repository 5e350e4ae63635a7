"""Recordings that can be read, searched and seen: words, sounds, speakers and tags."""
