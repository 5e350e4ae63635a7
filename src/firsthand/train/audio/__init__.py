"""What recipes of sounds and of speech share: clips, rooms, layers, a teacher."""
