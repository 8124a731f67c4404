"""The files of a service's public contract, generated from its types.

`schemas` makes a JSON Schema of each event, `asyncapi` the document of the whole, `page` the tables of the README;
`changes` finds what a released version must not do, and `files` compares and writes the files.
"""
