"""The vocabulary of the movement, and rules that several services apply. It does no I/O."""
