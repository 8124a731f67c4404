"""Review's public events for external systems, and the files of the contract that describes them."""
