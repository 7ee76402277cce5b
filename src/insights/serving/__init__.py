"""The planner: what a window's launch model says of a product, as pages on which a planner asks, tries and answers.

Pages are made on the server, from the same words, tables and style as the notebooks' pages, and hold no script; what
a page is asked for stands in its address or form, so that two planners cannot disturb each other. A notebook that is
served by Voilà was weighed: it starts a kernel of half a gigabyte for each planner and shows its first page after
the imports of all libraries.
"""
