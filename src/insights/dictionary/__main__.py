"""Print the dictionary as a page of the documentation."""

from insights import params
from insights.dictionary import page

if __name__ == "__main__":
    print(page.written(params.load(params.newest()).documentation.owners), end="")
