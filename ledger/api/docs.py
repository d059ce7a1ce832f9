"""The page at /docs: the routes of /openapi.json, readable without any asset from elsewhere."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>MedSeal API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #0b7285; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 56rem; margin: 0 auto; padding: 2rem 1rem 6rem; }
h1 { margin: 0; } h2 { margin: 2.5rem 0 .5rem; text-transform: capitalize; border-bottom: 1px solid var(--line); }
details { border: 1px solid var(--line); border-radius: 8px; margin: .5rem 0; }
summary { display: flex; gap: .75rem; align-items: baseline; padding: .55rem .8rem; cursor: pointer; }
summary > span:last-child { margin-left: auto; opacity: .75; text-align: right; }
.body { padding: 0 1rem 1rem; }
.verb { font: 700 .75rem/1 ui-monospace, monospace; color: #fff; background: var(--accent); border-radius: 4px;
  padding: .3rem .5rem; } .POST { background: #2b8a3e; } .DELETE { background: #c92a2a; }
code, pre { font: .875rem/1.5 ui-monospace, monospace; }
pre { background: var(--soft); padding: .75rem; border-radius: 6px; overflow: auto; }
table { border-collapse: collapse; width: 100%; } td { border-top: 1px solid var(--line); padding: .3rem .5rem .3rem 0;
  vertical-align: top; } h3 { font-size: .8rem; text-transform: uppercase; opacity: .7; margin: 1rem 0 .3rem; }
</style></head><body>
<h1 id="title">MedSeal API</h1><p id="about">Loading…</p>
<p>The whole contract: <a href="openapi.json">openapi.json</a></p>
<main id="routes"></main>
<script>
const make = (tag, text, style) => {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  if (style) node.className = style;
  return node;
};
const table = (title, rows) => {
  const box = make("div");
  if (!rows.length) return box;
  const body = make("table");
  for (const cells of rows) {
    const row = make("tr");
    cells.forEach((cell, place) => row.append(make("td")) || row.lastChild.append(make(place ? "span" : "code", cell)));
    body.append(row);
  }
  box.append(make("h3", title), body);
  return box;
};
const example = (content) => {
  const kind = Object.values(content || {})[0] || {};
  const first = Object.values(kind.examples || {})[0];
  return kind.example || (first && first.value);
};
const sample = (title, content) => {
  const box = make("div"), shown = example(content);
  if (shown) box.append(make("h3", title), make("pre", JSON.stringify(shown, null, 2)));
  return box;
};
const route = (verb, path, operation) => {
  const card = make("details"), head = make("summary"), body = make("div", "", "body");
  head.append(make("span", verb, "verb " + verb), make("code", path), make("span", operation.summary));
  for (const line of (operation.description || "").split("\\n\\n")) body.append(make("p", line));
  const parameters = (operation.parameters || []).map((one) => [one.name, one.in, one.description || ""]);
  const answers = Object.entries(operation.responses).map(([status, one]) => [status, one.description]);
  const done = Object.entries(operation.responses).find(([status]) => status < 300);
  body.append(table("Parameters", parameters), sample("Request", (operation.requestBody || {}).content),
    table("Answers", answers), sample("Example answer", done[1].content));
  card.append(head, body);
  return card;
};
fetch("openapi.json").then((answer) => answer.json()).then((document_) => {
  title.textContent = document_.info.title + " " + document_.info.version;
  about.textContent = document_.info.description;
  const groups = {};
  for (const [path, verbs] of Object.entries(document_.paths))
    for (const [verb, operation] of Object.entries(verbs))
      (groups[operation.tags[0]] ||= []).push(route(verb.toUpperCase(), path, operation));
  for (const [name, cards] of Object.entries(groups)) routes.append(make("h2", name), ...cards);
});
</script></body></html>
"""


@router.get("/docs")
async def docs() -> HTMLResponse:
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})
