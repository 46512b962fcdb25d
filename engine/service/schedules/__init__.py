"""What starts workflows by themselves: the times of their schedules, and what they wait for."""
