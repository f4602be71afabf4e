"""Libraries as targets of the laws."""
