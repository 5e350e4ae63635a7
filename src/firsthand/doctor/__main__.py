"""`python -m firsthand.doctor`: `firsthand doctor` where the command line cannot be loaded."""

import sys

from firsthand.doctor import as_json, examine, heading, works


def main(arguments: list[str]) -> int:
    """Print the checks, or with `--json` one object; return the exit code."""
    checks = list(examine())
    if arguments == ["--json"]:
        sys.stdout.write(f"{as_json(checks)}\n")
    else:
        for group, found in heading(checks):
            sys.stdout.write(f"{group}\n")
            sys.stdout.writelines(f"  {check.status:8}{check}\n" for check in found)
    return 0 if works(checks) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
