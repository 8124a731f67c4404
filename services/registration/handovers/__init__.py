"""Hand-overs: a person hands open records of an ended unit over to one of its successors."""
