"""Lists of models as files: good ones, and the malformed ones that nobody should be able to import."""
