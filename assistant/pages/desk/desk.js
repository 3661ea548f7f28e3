// The desk's call page by keyboard: results as one types, opened, asked about, copied and written down.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const words = $("#words"), hits = $("#hits"), opened = $("#opened"), form = $("#case");
  const csrf = $('meta[name="csrf"]')?.content ?? "";
  if (!words) return;

  let turns = [];  // what this caller has asked so far
  let looked = Promise.resolve();  // done when the results are those of what has been typed
  const latest = new Map();  // of the requests on their way to a place the last one counts

  async function fetched(url, options = {}) {
    let answer;
    try {
      answer = await fetch(url, {...options, headers: {"x-csrf": csrf, ...options.headers}});
    } catch {
      return {ok: false, text: "连接断了，请稍后再试。"};
    }
    const text = await answer.text();
    if (answer.ok) return {ok: true, text};
    if (answer.status === 401) location.assign("/desk/login");
    let message = "没有做成，请稍后再试。";
    try { message = JSON.parse(text).message ?? message; } catch {}
    return {ok: false, text: message};
  }
  const problem = (message) => {
    const line = Object.assign(document.createElement("p"), {className: "problem", textContent: message});
    line.setAttribute("role", "alert");
    return line;
  };
  async function show(place, request) {
    latest.set(place, request);
    const {ok, text} = await request;
    if (latest.get(place) !== request) return false;
    if (ok) place.innerHTML = text;  // the server's own template, everything in it escaped
    else place.replaceChildren(problem(text));
    return ok;
  }

  // — Results —
  const options = () => [...hits.querySelectorAll('[role="option"]')];
  const chosen = () => $('[aria-selected="true"]', hits);
  function mark(option) {
    options().forEach((o) => o.setAttribute("aria-selected", String(o === option)));
    words.setAttribute("aria-activedescendant", option?.id ?? "");
    option?.scrollIntoView({block: "nearest"});
  }
  async function look() {
    const typed = words.value;
    if (!(await show(hits, fetched(`/desk/lookup?q=${encodeURIComponent(typed)}`)))) return;
    words.setAttribute("aria-expanded", String(options().length > 0));
    mark(chosen());
  }
  async function open(kind, id) {
    const url = `/desk/card?kind=${encodeURIComponent(kind)}&id=${encodeURIComponent(id)}`;
    if (await show(opened, fetched(url))) opened.scrollTop = 0;
  }
  async function ask() {
    const question = words.value.trim();
    if (!question) return;
    turns.push(question);
    const body = new URLSearchParams({turns: JSON.stringify(turns)});
    const request = fetched("/desk/ask", {method: "POST", body});
    await show(opened, request);
    if (!(await request).ok) turns = turns.filter((turn) => turn !== question);
  }

  // — Copying, and the case —
  const lineToRead = () => ($("#aloud", opened) ?? $(".aloud", chosen() ?? hits) ?? $(".figure", opened) ?? opened).innerText.trim();
  async function copy(text) {
    try { await navigator.clipboard.writeText(text); } catch {
      const area = document.body.appendChild(Object.assign(document.createElement("textarea"), {value: text}));
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    $("output", form).textContent = `已复制：${text.slice(0, 30)}`;
  }
  function writeDown() {
    const card = $(".card-open", opened);
    const field = form.elements;
    field.question.value ||= turns.join("；") || card?.dataset.question || words.value;
    field.answer.value ||= card?.dataset.answer ?? $("#aloud", opened)?.innerText ?? "";
    field.receipt.value ||= card?.dataset.receipt ?? "";
    field.caller.focus();
  }
  async function save() {
    const output = $("output", form);
    if (!form.reportValidity()) return;
    const {ok, text} = await fetched("/desk/cases", {method: "POST", body: new URLSearchParams(new FormData(form))});
    if (!ok) {
      output.replaceChildren(problem(text));
      return;
    }
    form.reset();
    form.elements.question.value = "";
    output.textContent = JSON.parse(text).message;
    turns = [];
    words.value = "";
    hits.replaceChildren();
    opened.replaceChildren();
    words.focus();
  }

  words.addEventListener("input", () => (looked = look()));
  words.addEventListener("keydown", async (event) => {
    const all = options();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (all.length) mark(all.at((all.indexOf(chosen()) + step + all.length) % all.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (event.ctrlKey) return ask();
      await looked;
      const option = chosen();
      if (option) open(option.dataset.kind, option.dataset.id);
      else ask();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      words.focus();
      words.select();
    } else if (event.altKey && !event.ctrlKey) {
      const act = {KeyC: () => copy(lineToRead()), KeyN: writeDown, KeyS: save}[event.code];
      if (act) {
        event.preventDefault();
        act();
      }
    }
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-kind]");
    if (link) open(link.dataset.kind, link.dataset.id);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
})();
