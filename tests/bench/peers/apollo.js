// Apollo Server as its documentation starts it: its own HTTP server, resolvers, a DataLoader per relation and request.

import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import DataLoader from "dataloader";
import { authenticated, host, models, port, requests, rows, typeDefs } from "./services.js";

const resolvers = {
  Query: { models: (_, wish, { who }) => models(who, wish) },
  Model: {
    owner: (model, _, { owner }) => owner.load(model.owner),
    unit: (model, _, { unit }) => unit.load(model.unit),
    review: (model, _, { review }) => review.load(model.review),
  },
};

const loader = (who, request) => new DataLoader((keys) => rows(who, request, keys));

async function context({ req }) {
  const who = authenticated(req.headers.authorization);
  const { owner, unit, review } = requests;
  return { who, owner: loader(who, owner), unit: loader(who, unit), review: loader(who, review) };
}

const server = new ApolloServer({ typeDefs, resolvers, introspection: false });
await startStandaloneServer(server, { listen: { host, port }, context });
