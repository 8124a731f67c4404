"""How far the models of a unit have come in a programme's year: numbers that change in the transaction of the model."""
