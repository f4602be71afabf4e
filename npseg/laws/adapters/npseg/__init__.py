"""npseg itself: its metrics, losses and operators as targets of the laws."""
