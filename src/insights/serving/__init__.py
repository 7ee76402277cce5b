"""Serving: pages on which a planner asks a window's launch model, tries other inputs, and answers it.

Pages are made on the server, from the same words, tables and style as those of the notebooks, and hold no script.
What a page is asked for stands in its address or form, so that two planners cannot disturb each other. A notebook
served by Voilà was weighed: it starts a kernel of half a gigabyte for each planner, shows its first page after all
libraries were imported, and needs scripts in the browser. Tornado comes with JupyterLab.
"""
