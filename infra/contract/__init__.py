"""The files of a service's public contract, generated from its types.

`schemas` makes a JSON Schema of each event, `asyncapi` the AsyncAPI document, `page` the tables of the README.
`changes` finds changes that a released version must not have. `files` compares and writes the files.
"""
