"""Why the launch model says what it says: signals, Shapley values, reasons, forerunners."""
