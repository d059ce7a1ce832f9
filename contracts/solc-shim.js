#!/usr/bin/env node
// npm's solc behind the two options of a native solc that py-solc-x and forge use: --version and --standard-json.
"use strict";

const fs = require("fs");
const solc = require("solc");

function answer(text) {
  // Leave only when all is written: exiting earlier cuts a pipe at 64 KiB.
  process.stdout.write(text, () => process.exit(0));
}

if (process.argv.includes("--version")) {
  answer(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (process.argv.includes("--standard-json")) {
  // The input carries every source, so no import has to be looked up.
  answer(solc.compile(fs.readFileSync(0, "utf8")));
} else {
  process.stderr.write("solc-shim.js: only --version and --standard-json are answered\n", () => process.exit(1));
}
