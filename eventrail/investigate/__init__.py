"""The use cases: metrics bound the window, logs fill it, analysis concludes."""
