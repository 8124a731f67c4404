// Listens with graphql-sse, one token after the other, each from the last cursor on, until it has `many` events.
import { createClient } from "graphql-sse";

const { url, tokens, query, many, ...given } = JSON.parse(process.argv[2]);
let { after } = given;
const events = [];
const errors = [];
for (const token of tokens) {
  const client = createClient({ url, headers: { authorization: `Bearer ${token}` }, retryAttempts: 0 });
  for await (const { data, errors: told } of client.iterate({ query, variables: { after } })) {
    if (told) errors.push(...told);
    else events.push(data.reviewEvents);
    after = events.at(-1)?.cursor ?? after;
    if (events.length >= many) break;
  }
  client.dispose();
  if (events.length >= many) break;
}
console.log(JSON.stringify({ events, errors }));
