"""Publishing: what is made of the results of windows for readers beside the notebooks' pages.

The front page leads to every window; the slides and the PDF are of one. All of them read the results store and the
tables that the notebooks wrote, so that no two pages can disagree.
"""
