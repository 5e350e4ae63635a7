"""How what the recorder comes with is made."""
