"""Things of any kind by their id."""

QUERIES = {"Query.node": "query($id: ID!) { node(id: $id) { id } }"}
