"""Charts of a report: laid out once, in points, for whoever draws them."""
