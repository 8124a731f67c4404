// Parses an AsyncAPI document as its official parser does, and prints the findings: code, message and place.

import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { file } = JSON.parse(process.argv[2]);
const { document, diagnostics } = await new Parser().parse(readFileSync(file, "utf8"));
const findings = diagnostics.map(({ code, message, path }) => ({ code, message, path: path.join("/") }));
console.log(JSON.stringify({ channels: document?.channels().all().map((one) => one.address()) ?? [], findings }));
