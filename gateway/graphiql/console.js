// GraphiQL on our gateway: a place for the token, example operations, and subscriptions as server-sent events.
"use strict";

const ENDPOINT = "../graphql";
const KEPT = "danvan-token"; // kept for this tab only, until it is closed

const root = ReactDOM.createRoot(document.getElementById("graphiql"));
const field = document.getElementById("token");
const said = document.getElementById("said");

function subscribes(document, name) {
  const operations = (document?.definitions ?? []).filter((each) => each.kind === "OperationDefinition");
  const chosen = name ? operations.find((each) => each.name?.value === name) : operations[0];
  return chosen?.operation === "subscription";
}

function post(params, headers, accept, signal) {
  const all = { ...headers, "content-type": "application/json", accept };
  return fetch(ENDPOINT, { method: "POST", headers: all, body: JSON.stringify(params), signal });
}

async function ask(params, headers) {
  const response = await post(params, headers, "application/graphql-response+json");
  return response.json();
}

async function* events(params, headers, signal) {
  const response = await post(params, headers, "text/event-stream", signal);
  if (!response.ok) {
    yield await response.json();
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ; ) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (text + value).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      if (block.includes("event: complete")) return;
      const data = block.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice("data: ".length));
    }
  }
}

// A generator that waits for the next event cannot be ended from outside. Aborting its request ends the wait.
function listen(params, headers) {
  const control = new AbortController();
  const source = events(params, headers, control.signal);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () =>
      source.next().catch((error) => {
        if (control.signal.aborted) return { done: true, value: undefined };
        throw error;
      }),
    return: async () => {
      control.abort();
      return { done: true, value: undefined };
    },
  };
}

function show(token, examples) {
  const tabs = examples.map(({ query, variables }) => ({ query, variables: JSON.stringify(variables, null, 2) }));
  const before = localStorage.getItem("graphiql:tabState");
  const mine = token ? { authorization: `Bearer ${token}` } : {};
  const fetcher = (params, options) => {
    const headers = { ...mine, ...options?.headers };
    const many = subscribes(options?.documentAST, params.operationName);
    return many ? listen(params, headers) : ask(params, headers);
  };
  root.render(
    React.createElement(GraphiQL, {
      key: token, // another token makes GraphiQL fetch the schema again
      fetcher,
      defaultTabs: tabs,
      variables: before ? undefined : tabs[0].variables, // without this, the first tab has no variables at the first visit
      defaultEditorToolsVisibility: true,
      shouldPersistHeaders: false,
    }),
  );
  said.textContent = token ? "" : "Chưa có mã: chỉ chạy được các thao tác đã đăng ký.";
}

async function start() {
  const examples = await (await fetch("examples.json")).json();
  document.getElementById("who").addEventListener("submit", (event) => {
    event.preventDefault();
    const token = field.value.trim().replace(/^Bearer\s+/i, "");
    sessionStorage.setItem(KEPT, token);
    show(token, examples);
  });
  field.value = sessionStorage.getItem(KEPT) ?? "";
  show(field.value, examples);
}

start();
