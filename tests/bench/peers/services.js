// The common part of both Node peers: callers, requests to the services over NATS, and the text of the schema.

import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect, headers, nkeyAuthenticator } from "@nats-io/transport-node";

const here = (name) => new URL(name, import.meta.url);
const secret = (name) => readFileSync(`${process.env.DANVAN_SECRETS ?? `${process.env.DANVAN_VAR}/secrets`}/gateway/${name}`);
const key = (name) => JSON.parse(secret(`${name}.json`));

export const requests = JSON.parse(readFileSync(here("requests.json"), "utf8"));
export const typeDefs = readFileSync(here("../../../gateway/schema.graphql"), "utf8");
export const host = process.env.DANVAN_HOST;
export const port = Number(process.env.DANVAN_PORT);

const LIFE = 30;
const issuer = createPublicKey({ key: key("issuer.public"), format: "jwk" });
const caller = createPrivateKey({ key: key("caller.private"), format: "jwk" });
const nats = await connect({
  servers: process.env.DANVAN_NATS_URL,
  authenticator: nkeyAuthenticator(secret("nats.seed")),
  inboxPrefix: "_INBOX_gateway",
});

const callers = new Map();

/** The caller of the bearer token. The signature of a token is verified once. */
export function authenticated(authorization = "") {
  let known = callers.get(authorization);
  if (!known) {
    const [head, claims, signature] = authorization.replace(/^bearer /i, "").split(".");
    const signed = Buffer.from(`${head}.${claims}`);
    if (!signature || !verify(null, signed, issuer, Buffer.from(signature, "base64url"))) {
      throw new Error("unauthenticated");
    }
    const { iss, sub, name, grants, exp } = JSON.parse(Buffer.from(claims, "base64url"));
    if (iss !== "danvan-embedded") throw new Error("unauthenticated");
    known = { sub, name, grants, exp, passes: new Map() };
    callers.set(authorization, known);
  }
  if (Date.now() / 1000 > known.exp) throw new Error("unauthenticated");
  return known;
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The headers of requests to one service in the caller's name. They are signed again every ten seconds. */
function pass(who, service) {
  const now = Date.now() / 1000;
  let known = who.passes.get(service);
  if (!known || now > known.until) {
    const { sub, name, grants } = who;
    const iat = Math.floor(now);
    const claims = { iss: "gateway", sub, name, grants, iat, exp: iat + LIFE, reads: service };
    const signed = `${part({ typ: "JWT", alg: "Ed25519" })}.${part(claims)}`;
    const made = headers();
    made.set("danvan-caller", `${signed}.${sign(null, Buffer.from(signed), caller).toString("base64url")}`);
    known = { made, until: now + LIFE / 3 };
    who.passes.set(service, known);
  }
  return known.made;
}

/** The answer and its rows. Each is JSON text. Commas in the places of the marks between them make one JSON array,
 *  which is parsed in one call. */
export async function ask(who, { subject, fields }, wish) {
  const reply = await nats.request(subject, JSON.stringify({ ...wish, fields }), {
    headers: pass(who, subject.split(".")[1]),
    timeout: 5000,
  });
  const [{ answer, refusal, failure }, ...rows] = JSON.parse(`[${reply.string().replaceAll("\x1e", ",")}]`);
  if (refusal || failure) throw new Error(refusal?.code ?? failure);
  return { ...answer, rows };
}

/** The rows under these keys, in their order. */
export async function rows(who, request, keys) {
  return (await ask(who, request, { keys })).rows;
}

/** A connection's page, as both peers resolve it. */
export async function models(who, { first }) {
  const { rows, pages } = await ask(who, requests.page, { first });
  const [{ cursors, has_next, has_previous }] = pages;
  return {
    edges: rows.map((node, place) => ({ node, cursor: cursors[place] })),
    pageInfo: {
      hasNextPage: has_next,
      hasPreviousPage: has_previous,
      startCursor: cursors.at(0) ?? null,
      endCursor: cursors.at(-1) ?? null,
    },
  };
}
