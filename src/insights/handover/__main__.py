"""The handover by make: write the registers as pages of ``docs/``."""

from insights import paths, store
from insights.handover import documents, registers

BELOW = documents.WRITTEN.format(name="papers")


def main() -> None:
    """Write requirements and assumptions whole, and the research below what is written by hand of the methods."""
    docs = paths.root() / "docs"
    methods = (docs / "methodology.md").read_text(encoding="utf-8")
    for name, text in pages(methods).items():
        store.write_atomically(docs / name, text.encode())


def pages(methods: str) -> dict[str, str]:
    """Return the pages that registers make, by name.

    Parameters
    ----------
    methods : str
        The page of methods as it is, whose upper part is written by hand.
    """
    upper = methods.partition(BELOW)[0]
    return {
        "requirements.md": documents.requirements(registers.requirements()),
        "assumptions.md": documents.assumptions(registers.assumptions()),
        "methodology.md": f"{upper}{BELOW}\n{documents.papers(registers.papers())}",
    }


if __name__ == "__main__":
    main()
