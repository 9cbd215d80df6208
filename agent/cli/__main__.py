"""`python -m agent.cli`: the same as `livescan`."""

from agent.cli.main import main

if __name__ == "__main__":
    main()
