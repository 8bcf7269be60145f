"""The command line of the bank."""

import sys

from bank.cli import command
from bank.control import BankError
from stack.errors import StackError


def main() -> None:
    """Run the command line; a fault that is understood is one line on standard error and exit status 2."""
    try:
        command()
    except (BankError, StackError) as problem:
        sys.stderr.write(f"bank: {problem}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
