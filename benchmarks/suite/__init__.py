"""Questions a parcel service asks of its twelve tables, as workflows and as SQL by hand: the answers and their cost."""
