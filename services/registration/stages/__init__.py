"""How far the models of a unit or an owner have come in a programme's year: they change in the model's transaction."""
