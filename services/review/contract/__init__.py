"""What review tells systems outside: the events of its public stream, and the files of the contract about them."""
