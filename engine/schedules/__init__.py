"""When workflows run by themselves: the coming times of a schedule, and the words for it."""
