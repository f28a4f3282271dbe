"use strict";
(() => {
  const PAGE = 25;
  const SLICE = 4000;
  const byId = (id) => document.getElementById(id);

  const made = (tag, text, kind) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (kind) element.className = kind;
    return element;
  };

  // --- commands that can be copied ---------------------------------------------------------------

  const copied = async (command) => {
    try {
      await navigator.clipboard.writeText(command.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(command);
      return document.execCommand("copy");
    }
  };

  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const done = await copied(button.parentElement.querySelector("code"));
      byId("copied").textContent = "";
      byId("copied").textContent = done ? button.dataset.done : button.dataset.failed;
      button.textContent = done ? button.dataset.done : button.dataset.failed;
      setTimeout(() => { button.textContent = button.dataset.word; }, 2500);
    });
  }

  // --- the rows that have problems ---------------------------------------------------------------

  const source = byId("search-rows");
  if (!source) return;
  const found = JSON.parse(source.textContent);
  const words = found.words;
  const total = found.row.length;
  const typed = byId("search-text");
  const kind = byId("search-kind");
  const cause = byId("search-cause");
  const body = byId("search-body");
  const status = byId("search-status");
  let shown = [];
  let page = 0;

  const said = (row) => (typeof found.said[row] === "number" ? [found.said[row]] : found.said[row]);
  const number = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, words.thousands);
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const counted = (texts, count) => texts[count === 1 || (count === 0 && words.zero_is_one) ? 0 : 1];
  const plain = /^[\x00-\x7f]*$/;
  const folded = (text) => plain.test(text) ? text.toLowerCase() : text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
    .replace(/œ/g, "oe").replace(/æ/g, "ae").replace(/ß/g, "ss");
  const place = (row) => found.places[found.table[row]].replace("\0", () => found.row[row]);

  // What is looked through is made ready in small pieces, so that the page answers meanwhile.
  const texts = new Array(total);
  const sentences = found.sentences.map(() => null);
  let ready = 0;
  const makeReady = (end) => {
    for (; ready < end; ready += 1) {
      const parts = said(ready).map((at) => {
        sentences[at] ??= folded(`${found.sentences[at][2]}\n${found.codes[found.sentences[at][0]].join("\n")}`);
        return sentences[at];
      });
      texts[ready] = [folded(found.key[ready]), folded(place(ready)), ...parts].join("\n");
    }
  };
  const goOn = () => {
    makeReady(Math.min(total, ready + SLICE));
    if (ready < total) setTimeout(goOn);
  };

  const line = (row) => {
    const result = document.createElement("tr");
    const who = made("th");
    who.scope = "row";
    who.append(made("bdi", found.key[row] || words.no_key), made("span", place(row), "soft isolated"));
    const what = document.createElement("td");
    const [name, label] = found.kinds[found.kind[row]];
    const head = made("p", undefined, "kind");
    const swatch = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const square = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    swatch.setAttribute("class", "swatch");
    swatch.setAttribute("aria-hidden", "true");
    square.setAttribute("class", `v-${name}`);
    square.setAttribute("width", "100%");
    square.setAttribute("height", "100%");
    swatch.append(square);
    head.append(swatch, label);
    what.append(head);
    for (const at of said(row)) {
      const [code, , sentence] = found.sentences[at];
      const told = document.createElement("p");
      told.append(made("bdi", sentence), " ", made("code", found.codes[code][0], "soft"));
      what.append(told);
    }
    const left = found.left[row];
    if (left) what.append(made("p", filled(counted(words.more, left), { count: number(left) }), "soft"));
    result.append(who, what);
    return result;
  };

  const setEnabled = (id, enabled) => {
    byId(id).setAttribute("aria-disabled", String(!enabled));
  };

  const show = () => {
    const first = page * PAGE;
    const last = Math.min(shown.length, first + PAGE);
    body.replaceChildren(...shown.slice(first, last).map(line));
    byId("search-table").hidden = !shown.length;
    const text = shown.length ? counted(words.found, shown.length) : words.nothing;
    status.textContent = filled(text, {
      count: number(shown.length), total: number(total), first: number(first + 1), last: number(last),
    });
    setEnabled("search-first", page > 0);
    setEnabled("search-previous", page > 0);
    setEnabled("search-next", last < shown.length);
    setEnabled("search-last", last < shown.length);
    byId("search-pager").hidden = shown.length <= PAGE;
  };

  const search = () => {
    const terms = folded(typed.value).split(/\s+/).filter(Boolean);
    if (terms.length) makeReady(total);
    const wantedKind = kind.value === "" ? -1 : Number(kind.value);
    const wantedCode = cause.value === "" ? -1 : Number(cause.value);
    shown = [];
    for (let row = 0; row < total; row += 1) {
      if (wantedKind >= 0 && found.kind[row] !== wantedKind) continue;
      if (wantedCode >= 0 && !said(row).some((at) => found.sentences[at][0] === wantedCode)) continue;
      if (terms.every((term) => texts[row].includes(term))) shown.push(row);
    }
    page = 0;
    show();
  };

  const fill = (select, options, counts) => {
    options.forEach((text, at) => {
      if (!counts[at]) return;
      const option = made("option", filled(words.option, { text, count: number(counts[at]) }));
      option.value = String(at);
      select.append(option);
    });
  };
  const ofKind = new Array(found.kinds.length).fill(0);
  const ofCode = new Array(found.codes.length).fill(0);
  for (let row = 0; row < total; row += 1) {
    ofKind[found.kind[row]] += 1;
    for (const code of new Set(said(row).map((at) => found.sentences[at][0]))) ofCode[code] += 1;
  }
  fill(kind, found.kinds.map(([, label]) => label), ofKind);
  fill(cause, found.codes.map(([, title]) => title), ofCode);

  const turnTo = (id, wanted) => {
    byId(id).addEventListener("click", () => {
      if (byId(id).getAttribute("aria-disabled") === "true") return;
      page = wanted();
      show();
    });
  };
  const lastPage = () => Math.ceil(shown.length / PAGE) - 1;
  turnTo("search-first", () => 0);
  turnTo("search-previous", () => page - 1);
  turnTo("search-next", () => page + 1);
  turnTo("search-last", lastPage);
  typed.addEventListener("input", search);
  kind.addEventListener("change", search);
  cause.addEventListener("change", search);

  for (const button of document.querySelectorAll("button.rows-of")) {
    const at = found.codes.findIndex(([code]) => code === button.dataset.code);
    if (at < 0) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      typed.value = "";
      kind.value = "";
      cause.value = String(at);
      search();
      byId("search").scrollIntoView();
      cause.focus({ preventScroll: true });
    });
  }

  byId("search-without").hidden = true;
  byId("search-form").hidden = false;
  search();
  setTimeout(goOn);
})();
