"""A whole country of models, made up but plausible, to try the product at its real size. Nobody real is in it."""
