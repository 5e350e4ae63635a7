"""What of Firsthand works on this machine, and how to get the rest.

Nothing is imported here that could be broken: packages are looked up in their metadata, and those
of the base install are tried in processes of their own. `python -m firsthand.doctor` works where
the command line itself does not.
"""

from firsthand.doctor.checks import Check, Status, works
from firsthand.doctor.examination import as_json, examine, heading

__all__ = ["Check", "Status", "as_json", "examine", "heading", "works"]
