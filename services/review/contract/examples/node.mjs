// Prints review's public events in order, with nats.js. Started again, it goes on where it was.
// npm install @nats-io/transport-node @nats-io/jetstream

import { readFileSync } from "node:fs";
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, nkeyAuthenticator } from "@nats-io/transport-node";

const [SERVER, KEY, NAME] = ["nats://127.0.0.1:4222", "nats.seed", "example"];
const STREAM = "danvan-review-v1";

const authenticator = nkeyAuthenticator(readFileSync(KEY));
const connection = await connect({ servers: SERVER, authenticator, maxReconnectAttempts: -1 });
const { consumers } = jetstream(connection);

async function create() {
  const manager = await jetstreamManager(connection);
  const oneByOne = { durable_name: NAME, ack_policy: AckPolicy.Explicit, max_ack_pending: 1 };
  await manager.consumers.add(STREAM, oneByOne);
  return consumers.get(STREAM, NAME);
}

const consumer = await consumers.get(STREAM, NAME).catch(create);
// Without its consumer, it would wait for ever: this option ends the program.
for await (const event of await consumer.consume({ abort_on_missing_resource: true })) {
  console.log(event.headers.get("ce-id"), event.headers.get("ce-type"), event.string());
  event.ack();
}
