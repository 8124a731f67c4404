"""The movement's own words, and the rules that several services apply to the same figures. Values only."""
