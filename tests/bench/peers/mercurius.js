// Mercurius with its compiler. The loaders have no cache: a cache would serialise each row to compute its key.

import Fastify from "fastify";
import mercurius from "mercurius";
import { authenticated, host, models, port, requests, rows, typeDefs } from "./services.js";

const resolvers = { Query: { models: (_, wish, { who }) => models(who, wish) } };

const loader = (slot) => ({
  opts: { cache: false },
  async loader(queries, { who }) {
    const keys = [...new Set(queries.map(({ obj }) => obj[slot]))];
    const found = await rows(who, requests[slot], keys);
    const byKey = new Map(keys.map((key, place) => [key, found[place]]));
    return queries.map(({ obj }) => byKey.get(obj[slot]));
  },
});

const app = Fastify();
app.register(mercurius, {
  schema: typeDefs,
  resolvers,
  loaders: { Model: { owner: loader("owner"), unit: loader("unit"), review: loader("review") } },
  context: (request) => ({ who: authenticated(request.headers.authorization) }),
  jit: 1,
});
await app.listen({ host, port });
