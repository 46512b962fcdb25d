"""What Linux itself keeps the processes of runs from, whatever code runs in them."""
