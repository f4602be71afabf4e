"""How far boundaries are from each other: Hausdorff, average and surface distances, bands along boundaries."""
