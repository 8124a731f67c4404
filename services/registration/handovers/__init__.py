"""Hand-overs: open records of a unit that has ended go on under one of its successors, by an act."""
