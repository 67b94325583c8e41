"""`python -m assistant` is `scoping`."""

from assistant.cli import main

if __name__ == "__main__":
    main()
