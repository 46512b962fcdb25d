"""Data larger than memory should have to hold: what runs over 20 and 100 million rows take, against their bounds."""
