"""Records of any kind by id."""

QUERIES = {"Query.node": "query($id: ID!) { node(id: $id) { id } }"}
