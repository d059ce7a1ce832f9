"""What each method is worth: protocols, metrics with intervals, tables and plots."""
