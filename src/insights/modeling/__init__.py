"""Models behind one small interface: fitted on rows, they give each row a score and a decision."""
