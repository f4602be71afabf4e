"""The metrics of npseg itself as targets of the laws."""
