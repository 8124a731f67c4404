// Listens with graphql-ws, one token after the other, each from the last cursor on, until it has `many` events, or until
// the server has sent `enoughPings` pings to one connection.
import { createClient } from "graphql-ws";

const { url, tokens, query, many, enoughPings, ...given } = JSON.parse(process.argv[2]);
let { after } = given;
const events = [];
const errors = [];
const closes = [];
let pings = 0;
for (const token of tokens) {
  const client = createClient({
    url,
    connectionParams: { Authorization: `Bearer ${token}` },
    retryAttempts: 0,
    on: {
      closed: ({ code, reason }) => closes.push({ code, reason }),
      ping: (received) => {
        pings += received ? 1 : 0;
        if (pings === enoughPings) client.terminate();
      },
    },
  });
  try {
    for await (const { data, errors: told } of client.iterate({ query, variables: { after } })) {
      if (told) errors.push(...told);
      else events.push(data.reviewEvents);
      after = events.at(-1)?.cursor ?? after;
      if (events.length >= many) break;
    }
  } catch (error) {
    if (Array.isArray(error)) errors.push(...error);
    else if (!("code" in error)) throw error; // a close, which is counted above
  }
  await client.dispose();
  if (events.length >= many) break;
}
console.log(JSON.stringify({ events, errors, closes, pings }));
