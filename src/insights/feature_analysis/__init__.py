"""What the features tell: Random Forest and OLS side by side, stability, leaks, on training rows only."""
